-- item_groups.sql: the groups that the items sold on the named documents belong
-- to beside the one they are filed under. A row of type 16 is a membership.
SELECT g.TwG_GIDNumer, g.TwG_GrONumer
FROM CDN.TwrGrupy g
WHERE g.TwG_GIDTyp = 16
  AND g.TwG_GIDNumer IN (SELECT e.TrE_TwrId FROM CDN.TraElem e WHERE e.TrE_TrNId IN (@ids))
ORDER BY g.TwG_GIDNumer, g.TwG_GrONumer
