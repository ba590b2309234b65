{{- /* scope.sql: the documents of the source: of its company, on the sales side, of
       the document base types asked for. The types are looked up once, not joined:
       so an index on the stamp, or the primary key, can give the page by itself. */ -}}
i.ad_client_id = @tenant::{{key}}
      AND i.issotrx = 'Y'
      AND {{template "doctype.sql" .}} = ANY (ARRAY(
          SELECT dt.c_doctype_id FROM c_doctype dt WHERE dt.docbasetype::text = ANY (@documents::text[])))
{{- /* */ -}}
