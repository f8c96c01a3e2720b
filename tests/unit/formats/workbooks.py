"""Workbooks as spreadsheet programs write them, made by hand."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from xml.sax.saxutils import escape

Cell = str | int | float | date | None
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="2">'
    '<numFmt numFmtId="164" formatCode="dd/mm/yyyy;@"/>'
    '<numFmt numFmtId="165" formatCode="#,##0.00&quot; days&quot;"/></numFmts>'
    '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs>'
    "</styleSheet>"
)


def column_name(index: int) -> str:
    return chr(65 + index)


def cell_xml(row: int, index: int, value: Cell, shared: list[str]) -> str:
    where = f'r="{column_name(index)}{row}"'
    if value is None:
        return ""
    if isinstance(value, date):
        days = (value - date(1899, 12, 30)).days
        return f'<c {where} s="1"><v>{days}</v></c>'
    if isinstance(value, int | float):
        return f'<c {where} s="2"><v>{value!r}</v></c>'
    shared.append(value)
    return f'<c {where} t="s"><v>{len(shared) - 1}</v></c>'


def sheet_xml(rows: Mapping[int, Sequence[Cell]], shared: list[str]) -> str:
    body = "".join(
        f'<row r="{number}">'
        + "".join(cell_xml(number, index, value, shared) for index, value in enumerate(cells))
        + "</row>"
        for number, cells in rows.items()
    )
    return f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>'


def workbook(
    sheets: Mapping[str, Mapping[int, Sequence[Cell]]],
    *,
    hidden: Sequence[str] = (),
    parts: Mapping[str, str] | None = None,
    without: Sequence[str] = (),
) -> bytes:
    """A workbook of these sheets (rows by number); `parts` replaces or adds parts as they are.

    Those in `without` are left out.
    """
    shared: list[str] = []
    listed, related, files = [], [], {}
    for number, (name, rows) in enumerate(sheets.items(), 1):
        state = ' state="hidden"' if name in hidden else ""
        listed.append(f'<sheet name="{escape(name)}" sheetId="{number}" r:id="r{number}"{state}/>')
        related.append(f'<Relationship Id="r{number}" Target="worksheets/sheet{number}.xml"/>')
        files[f"xl/worksheets/sheet{number}.xml"] = sheet_xml(rows, shared)
    texts = "".join(f"<si><r><t>{escape(text)}</t></r></si>" for text in shared)
    files |= {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">'
        f"<sheets>{''.join(listed)}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">{"".join(related)}'
        "</Relationships>",
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{texts}</sst>',
        "xl/styles.xml": STYLES,
    }
    files |= parts or {}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        for name, content in files.items():
            if name in without:
                continue
            info = zipfile.ZipInfo(name, (2026, 3, 5, 0, 0, 0))
            zipped.writestr(info, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
