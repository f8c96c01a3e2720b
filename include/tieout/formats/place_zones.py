"""Time zones of places, for partners who write the local time of a place and name no zone.

A state or province with several zones has that of most of its people, so that near a border a time
may be an hour off; what the partner wrote is kept beside it. Zones are those of the IANA database.
"""

from collections.abc import Mapping


def _by_zone(lines: str) -> dict[str, str]:
    """`zone: place place ...` per line, as the zone of each place."""
    pairs = [line.split(":") for line in lines.strip().splitlines()]
    return {place: zone.strip() for zone, places in pairs for place in places.split()}


REGIONS: Mapping[tuple[str, str], str] = {
    (place.partition("-")[0], place.partition("-")[2]): zone
    for place, zone in _by_zone(
        """
        America/New_York: US-CT US-DC US-DE US-FL US-GA US-IN US-KY US-MA US-MD US-ME US-MI US-NC
        America/New_York: US-NH US-NJ US-NY US-OH US-PA US-RI US-SC US-VA US-VT US-WV
        America/Chicago: US-AL US-AR US-IA US-IL US-KS US-LA US-MN US-MO US-MS US-ND US-NE US-OK
        America/Chicago: US-SD US-TN US-TX US-WI
        America/Denver: US-CO US-ID US-MT US-NM US-UT US-WY
        America/Phoenix: US-AZ
        America/Los_Angeles: US-CA US-NV US-OR US-WA
        America/Anchorage: US-AK
        Pacific/Honolulu: US-HI
        America/Puerto_Rico: US-PR US-VI
        Pacific/Guam: US-GU US-MP
        America/St_Johns: CA-NL
        America/Halifax: CA-NB CA-NS CA-PE
        America/Toronto: CA-ON CA-QC CA-PQ
        America/Winnipeg: CA-MB
        America/Regina: CA-SK
        America/Edmonton: CA-AB CA-NT
        America/Iqaluit: CA-NU
        America/Vancouver: CA-BC
        America/Whitehorse: CA-YT
        """
    ).items()
}
COUNTRIES: Mapping[str, str] = _by_zone(
    """
    America/New_York: US
    America/Toronto: CA
    America/Mexico_City: MX
    America/Sao_Paulo: BR
    Europe/London: GB
    Europe/Dublin: IE
    Europe/Lisbon: PT
    Europe/Paris: FR
    Europe/Brussels: BE
    Europe/Amsterdam: NL
    Europe/Luxembourg: LU
    Europe/Berlin: DE
    Europe/Zurich: CH
    Europe/Vienna: AT
    Europe/Rome: IT
    Europe/Madrid: ES
    Europe/Copenhagen: DK
    Europe/Stockholm: SE
    Europe/Oslo: NO
    Europe/Helsinki: FI
    Europe/Warsaw: PL
    Europe/Prague: CZ
    Europe/Budapest: HU
    Europe/Athens: GR
    Asia/Shanghai: CN
    Asia/Hong_Kong: HK
    Asia/Taipei: TW
    Asia/Tokyo: JP
    Asia/Seoul: KR
    Asia/Singapore: SG
    Asia/Kolkata: IN
    Asia/Dubai: AE
    Australia/Sydney: AU
    Pacific/Auckland: NZ
    """
)


NAMES: Mapping[str, str] = {
    "CANADA": "CA",
    "MEXICO": "MX",
    "BRAZIL": "BR",
    "GREAT BRITAIN": "GB",
    "IRELAND": "IE",
    "PORTUGAL": "PT",
    "FRANCE": "FR",
    "BELGIUM": "BE",
    "NETHERLANDS": "NL",
    "LUXEMBOURG": "LU",
    "GERMANY": "DE",
    "SWITZERLAND": "CH",
    "AUSTRIA": "AT",
    "ITALY": "IT",
    "SPAIN": "ES",
    "DENMARK": "DK",
    "SWEDEN": "SE",
    "NORWAY": "NO",
    "FINLAND": "FI",
    "POLAND": "PL",
    "CZECH REPUBLIC": "CZ",
    "HUNGARY": "HU",
    "GREECE": "GR",
    "CHINA": "CN",
    "HONG KONG": "HK",
    "TAIWAN": "TW",
    "JAPAN": "JP",
    "SINGAPORE": "SG",
    "INDIA": "IN",
    "AUSTRALIA": "AU",
    "UNITED KINGDOM": "GB",
    "NEW ZEALAND": "NZ",
    "UNITED STATES": "US",
    "KOREA": "KR",
}


def zone_of_place(country: str, region: str) -> str:
    """The zone of a state or province (US, Canada) or else of the country; blank where unknown.

    The country is its code of two letters (ISO 3166-1) or its English name, the region its postal
    abbreviation.
    """
    country, region = country.strip().upper(), region.strip().upper()
    country = NAMES.get(country, country)
    return REGIONS.get((country, region)) or COUNTRIES.get(country, "")
