-- The sample ERP. Decimals are TEXT, because SQLite keeps no exact number of its
-- own. stan: 0 in the buffer, 1 released, 2 cancelled.
CREATE TABLE firma (nip TEXT PRIMARY KEY, nazwa TEXT NOT NULL, zalozono TEXT NOT NULL);

CREATE TABLE kontrahenci (
  id INTEGER PRIMARY KEY, kod TEXT NOT NULL UNIQUE, nazwa TEXT NOT NULL, nip TEXT, miasto TEXT,
  email TEXT, telefon TEXT, grupa TEXT, kraj TEXT NOT NULL, waluta TEXT NOT NULL,
  aktywny INTEGER NOT NULL, gotowkowy INTEGER NOT NULL, program TEXT NOT NULL);

CREATE TABLE osoby (
  id INTEGER PRIMARY KEY, kontrahent_id INTEGER NOT NULL REFERENCES kontrahenci,
  nazwisko TEXT NOT NULL, email TEXT, telefon TEXT, aktywna INTEGER NOT NULL);

CREATE TABLE towary (
  id INTEGER PRIMARY KEY, kod TEXT NOT NULL UNIQUE, nazwa TEXT NOT NULL, grupa TEXT NOT NULL,
  jm TEXT NOT NULL, rodzaj TEXT NOT NULL, vat INTEGER NOT NULL, cena_grosze INTEGER NOT NULL);

CREATE TABLE dokumenty (
  id INTEGER PRIMARY KEY, typ TEXT NOT NULL, numer TEXT NOT NULL, stan INTEGER NOT NULL,
  zmieniono TEXT NOT NULL, wystawiono TEXT NOT NULL, sprzedano TEXT NOT NULL,
  nabywca_id INTEGER NOT NULL REFERENCES kontrahenci, odbiorca_id INTEGER NOT NULL REFERENCES kontrahenci,
  waluta TEXT NOT NULL, kurs TEXT, netto TEXT NOT NULL, brutto TEXT NOT NULL,
  magazyn TEXT NOT NULL, platnosc TEXT NOT NULL, zaplacono INTEGER NOT NULL,
  koryguje_id INTEGER REFERENCES dokumenty);
CREATE INDEX dokumenty_zmieniono ON dokumenty (zmieniono, id);
CREATE INDEX dokumenty_koryguje ON dokumenty (koryguje_id);

CREATE TABLE pozycje (
  id INTEGER PRIMARY KEY, dokument_id INTEGER NOT NULL REFERENCES dokumenty, lp INTEGER NOT NULL,
  towar_id INTEGER NOT NULL REFERENCES towary, ilosc TEXT NOT NULL, netto TEXT NOT NULL, brutto TEXT NOT NULL,
  koryguje_id INTEGER REFERENCES pozycje);
CREATE INDEX pozycje_dokument ON pozycje (dokument_id);
