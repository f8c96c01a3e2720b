"""Partners, feeds, accounts and products: written, replaced, and refused in words."""

from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import text

from tieout.cli.main import main
from tieout.exchange.partners import (
    PartnersFileError,
    PartnerSpec,
    load_partners,
    load_products,
    read_partners,
)
from tieout.kernel.database import transaction

ADYEN = PartnerSpec.model_validate(
    {
        "partner_id": "adyen",
        "kind": "GATEWAY",
        "name": "Adyen",
        "calendar_id": "XECB",
        "feeds": {"SETTLEMENT": {"format_id": "adyen-settlement-detail-1", "directory": "/out"}},
        "account": {"account": "TieoutDE", "tolerance_minor": 2, "reserve_days": 90},
    }
)
VENDOR = PartnerSpec(partner_id="v1", kind="VENDOR", name="One", connection_id="sftp_v1")


def test_loading_twice_writes_once(database_url: str) -> None:
    with transaction(database_url, actor="test") as connection:
        assert load_partners(connection, [ADYEN, VENDOR]) == 2
        assert load_partners(connection, [ADYEN, VENDOR]) == 0
        renamed = VENDOR.model_copy(update={"name": "Uno"})
        assert load_partners(connection, [renamed]) == 1
        rows = connection.execute(text("SELECT partner_id, name FROM partner ORDER BY 1")).all()
        assert [tuple(row) for row in rows] == [("adyen", "Adyen"), ("v1", "Uno")]
        account = text("SELECT account, tolerance_minor, reserve_days FROM gateway_account")
        assert tuple(connection.execute(account).one()) == ("TieoutDE", 2, 90)
        day = text("SELECT add_business_days('XECB', date '2026-12-24', 1)::text")
        assert connection.execute(day).scalar_one() == "2026-12-28"


def test_an_account_that_is_stated_anew_is_replaced(database_url: str) -> None:
    with transaction(database_url, actor="test") as connection:
        load_partners(connection, [ADYEN])
        stated = ADYEN.model_dump() | {"account": {"account": "TieoutDE"}}
        load_partners(connection, [PartnerSpec.model_validate(stated)])
        account = text("SELECT tolerance_minor, reserve_days FROM gateway_account")
        assert tuple(connection.execute(account).one()) == (0, 180)


def test_a_feed_says_whether_its_numbers_have_holes(database_url: str) -> None:
    feed = ADYEN.feeds["SETTLEMENT"]
    statement = text("SELECT consecutive FROM partner_feed WHERE partner_id = 'adyen'")
    with transaction(database_url, actor="test") as connection:
        for promised in (False, True, False):
            now = {"SETTLEMENT": feed.model_copy(update={"consecutive": promised})}
            load_partners(connection, [ADYEN.model_copy(update={"feeds": now})])
            assert connection.execute(statement).scalar_one() is promised


def test_a_feed_that_is_no_longer_stated_goes(database_url: str) -> None:
    with transaction(database_url, actor="test") as connection:
        load_partners(connection, [ADYEN])
        load_partners(connection, [ADYEN.model_copy(update={"feeds": {}})])
        count = text("SELECT count(*) FROM partner_feed WHERE partner_id = 'adyen'")
        assert connection.execute(count).scalar_one() == 0


def test_products_are_replaced_by_sku(database_url: str) -> None:
    names = ["sku", "description", "vendor_id"]
    with transaction(database_url, actor="test") as connection:
        load_partners(connection, [VENDOR])
        assert (
            load_products(connection, pa.table([["a", "b"], ["A", "B"], ["v1", "v1"]], names)) == 2
        )
        assert (
            load_products(connection, pa.table([["a", "b"], ["A", "C"], ["v1", "v1"]], names)) == 1
        )


def test_a_partners_file_is_read_or_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "partners.yaml"
    file.write_text("partners:\n- {partner_id: v1, kind: VENDOR, name: One}\n")
    assert read_partners(file)[0].partner_id == "v1"
    for wrong in (
        "partners:\n- {partner_id: v1, kind: VENDOR, name: One, colour: red}\n",
        "partners:\n- {partner_id: g, kind: GATEWAY, name: G}\n",
        "partners: [",
        "",
    ):
        file.write_text(wrong)
        with pytest.raises(PartnersFileError, match="partners-file") as refused:
            read_partners(file)
        assert "\n" not in str(refused.value)


def test_the_command_loads_rate_cards_from_the_folder_that_the_file_names(
    case_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cards").mkdir()
    card = tmp_path / "cards" / "adyen.yaml"
    card.write_text("rates: [{percent: 1.4, fixed_minor: 25}]")
    adyen = "{partner_id: adyen, kind: GATEWAY, name: Adyen, account: {account: main}}"
    file = tmp_path / "partners.yaml"
    file.write_text(f"rate_cards: cards\npartners: [{adyen}]")
    for said in ("1 rates new, 0 withdrawn", "0 rates new, 0 withdrawn"):
        assert main(["partners", "load", str(file)]) == 0
        assert said in capsys.readouterr().out
    card.write_text("rates: [{percent: lots}]")
    assert main(["partners", "load", str(file)]) == 2
    assert "line 1, field 'rates.0.percent'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("format_id", "longest"), [("x12-850-1", 15), ("edifact-orders-1", 35)], ids=["x12", "edifact"]
)
def test_a_vendor_whose_id_its_envelope_has_no_place_for_is_refused(
    database_url: str, format_id: str, longest: int
) -> None:
    def vendor(size: int, doc_type: str) -> PartnerSpec:
        feed = {"format_id": format_id, "directory": "in"}
        facts = {"partner_id": "v" * size, "kind": "VENDOR", "name": "V"}
        return PartnerSpec.model_validate(facts | {"feeds": {doc_type: feed}})

    with transaction(database_url, actor="test") as connection:
        for allowed in (vendor(longest, "PURCHASE_ORDER"), vendor(longest + 1, "ACKNOWLEDGEMENT")):
            assert load_partners(connection, [allowed]) == 1
        for doc_type in ("PURCHASE_ORDER", "FUNCTIONAL_ACK"):
            with pytest.raises(PartnersFileError, match=f"room for {longest} characters"):
                load_partners(connection, [vendor(longest + 1, doc_type)])
