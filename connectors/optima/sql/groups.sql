-- groups.sql: the tree of item groups. A row of type -16 is a node; the root has
-- the number 0.
SELECT g.TwG_GIDNumer, g.TwG_GrONumer, g.TwG_Kod
FROM CDN.TwrGrupy g
WHERE g.TwG_GIDTyp = -16
