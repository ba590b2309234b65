{{- /* doctype.sql: a draft has document type 0 ("** New **"); what it is going to be
       stands in the target type. Taken together they are the same before and
       after completion, so a document is in scope in both states. */ -}}
coalesce(nullif(i.c_doctype_id, '0'), i.c_doctypetarget_id)
{{- /* */ -}}
