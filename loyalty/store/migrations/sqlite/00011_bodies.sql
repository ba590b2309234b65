-- +goose Up
-- Documents written from here on have bodies of format 1, in which earlier programs
-- see no lines: they must refuse this store.
SELECT 1;
