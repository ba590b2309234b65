{{- /* anonymous.sql: whether a partner stands for whoever pays at a till: marked
       one-time, the cash customer of a till or of the company, or (Openbravo's
       retail module) the anonymous customer of a shop. */ -}}
{{optional "c_bpartner" "b.isonetime"}} = 'Y'
{{- if has "c_pos.c_bpartnercashtrx_id"}}
           OR EXISTS (SELECT 1 FROM c_pos till WHERE till.c_bpartnercashtrx_id = b.c_bpartner_id)
{{- end}}
{{- if has "ad_clientinfo.c_bpartnercashtrx_id"}}
           OR EXISTS (SELECT 1 FROM ad_clientinfo info WHERE info.c_bpartnercashtrx_id = b.c_bpartner_id)
{{- end}}
{{- if has "ad_org.em_obretco_c_bpartner_id"}}
           OR EXISTS (SELECT 1 FROM ad_org shop WHERE shop.em_obretco_c_bpartner_id = b.c_bpartner_id)
{{- end}}
{{- /* */ -}}
