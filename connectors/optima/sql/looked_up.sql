LEFT JOIN CDN.Magazyny mag ON mag.Mag_MagId = n.TrN_MagZrdId
LEFT JOIN CDN.FormyPlatnosci fpl ON fpl.FPl_FPlId = n.TrN_FPlId
LEFT JOIN CDN.DokDefinicje ddf ON ddf.DDf_DDfID = n.TrN_DDfId
{{- /* looked_up.sql: the dictionaries that a header names its store, its payment
       form and its definition by. */ -}}
