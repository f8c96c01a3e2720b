-- purpose: note that the mails of some notices are planned, or that there is no address to send one to.
-- reads: nothing
-- writes: stock_notice
-- params: natures (text[]), abouts (text[]; pairwise), as_of
UPDATE stock_notice AS n SET told_at = CAST(:as_of AS timestamptz)
FROM unnest(CAST(:natures AS text[]), CAST(:abouts AS text[])) AS t (nature, about)
WHERE n.nature = t.nature AND n.about = t.about
