# One image for every Tieout service; docker-compose.yml says which part each container plays.
FROM python:3.12-slim

RUN useradd --create-home --uid 50000 tieout \
    && mkdir -p /srv/tieout/archive /srv/tieout/logs /srv/tieout/quality /srv/tieout/spool \
    && chown -R tieout:tieout /srv/tieout

COPY requirements.txt /opt/tieout/
RUN pip install --no-cache-dir uv \
    && uv pip install --system --no-cache -r /opt/tieout/requirements.txt

WORKDIR /opt/tieout
COPY dags dags
COPY plugins plugins
COPY include include
COPY docker/init docker/init

ENV PYTHONPATH=/opt/tieout/include \
    PYTHONUNBUFFERED=1 \
    AIRFLOW_HOME=/srv/tieout/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/tieout/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/tieout/plugins \
    AIRFLOW__LOGGING__BASE_LOG_FOLDER=/srv/tieout/logs \
    GX_ANALYTICS_ENABLED=false \
    TIEOUT_VAR=/srv/tieout \
    TIEOUT_ARCHIVE=/srv/tieout/archive

USER tieout
ENTRYPOINT ["python", "-m"]
CMD ["airflow", "version"]
