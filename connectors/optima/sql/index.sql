-- index.sql: how many indexes hold the class and the stamp of documents, so that a
-- page finds what changed without reading the headers themselves.
SELECT COUNT(*)
FROM sys.index_columns class_column
JOIN sys.columns class_name ON class_name.object_id = class_column.object_id AND class_name.column_id = class_column.column_id
JOIN sys.index_columns stamp_column ON stamp_column.object_id = class_column.object_id AND stamp_column.index_id = class_column.index_id
JOIN sys.columns stamp_name ON stamp_name.object_id = stamp_column.object_id AND stamp_name.column_id = stamp_column.column_id
WHERE class_column.object_id = OBJECT_ID('CDN.TraNag') AND class_column.key_ordinal = 1
  AND class_name.name = 'TrN_TypDokumentu' AND stamp_name.name = 'TrN_TS_Mod'
