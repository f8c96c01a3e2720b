"""Files and mails that partners and we exchange: taken in whole and once, sent once and proved."""
