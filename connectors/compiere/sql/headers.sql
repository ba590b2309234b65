{{- /* headers.sql: the headers of the documents in "page". Amounts are as stored:
       credit memos are positive here and get their sign in the program. Columns
       that not every schema has come out as ''. */ -}}
{{template "facts.sql" .}},
       {{clock "i.updated"}},
       {{if has "c_invoice.created"}}{{clock "i.created"}}{{else}}''{{end}},
       currency.iso_code::text,
       coalesce(currency.stdprecision, 2)::integer,
       org.value,
       pair.other,
       dt.name,
       o.documentno
{{template "documents.sql" .}}
{{template "reversal.sql" .}}
LEFT JOIN c_currency currency ON currency.c_currency_id = i.c_currency_id
LEFT JOIN ad_org org ON org.ad_org_id = i.ad_org_id
{{- /* */ -}}
