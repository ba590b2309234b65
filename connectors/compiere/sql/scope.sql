{{- /* scope.sql: the documents of the source: of its company, on the sales side, of
       the document base types asked for. */ -}}
i.ad_client_id = @tenant::{{key}}
      AND i.issotrx = 'Y'
      AND dt.docbasetype::text = ANY (@documents::text[])
{{- /* */ -}}
