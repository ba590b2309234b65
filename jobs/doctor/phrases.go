package doctor

import (
	"regexp"

	"github.com/loyalsync/loyalsync/loyalty"
)

// numbered is what a server's error ends with.
var numbered = regexp.MustCompile(`^(.*) \(error (\d+)\)$`)

// phrase says in Polish what a connector says in a fixed sentence, and leaves what
// is not known as it is.
func phrase(text, lang string) string {
	if lang != loyalty.Polish {
		return text
	}
	if said, known := phrases[text]; known {
		return said
	}
	if m := numbered.FindStringSubmatch(text); m != nil {
		if said, known := phrases[m[1]]; known {
			return said + " (błąd " + m[2] + ")"
		}
	}
	return text
}

// phrases are the sentences of connectors, each written there word for word.
var phrases = map[string]string{ //nolint:gosec // sentences about passwords, none of which is one
	// Package sqlserver.
	"the user or the password is wrong, or the login may not use this database":                                   "nazwa użytkownika lub hasło jest złe albo login nie ma dostępu do tej bazy",
	"check user: and password_file:; the server's error log tells the reason by the state of error 18456":         "sprawdź user: i password_file:; przyczynę podaje dziennik błędów serwera: stan (state) błędu 18456",
	"the database cannot be opened: there is no such one, or the login is no user of it, or it is closed for now": "nie można otworzyć bazy: nie ma takiej, login nie jest jej użytkownikiem albo jest teraz zamknięta",
	"check database:, and that the login is a user of it (loyalsync doctor --sql prints the script)":              "sprawdź database: i czy login jest użytkownikiem tej bazy (skrypt wypisze loyalsync doctor --sql)",
	"there is no such database":                                         "nie ma takiej bazy",
	"check database:":                                                   "sprawdź database:",
	"the login is no user of the database":                              "login nie jest użytkownikiem tej bazy",
	"loyalsync doctor --sql prints the script that makes it one":        "skrypt, który to zmieni, wypisze loyalsync doctor --sql",
	"loyalsync doctor --sql prints the script that makes a right login": "skrypt, który zakłada właściwy login, wypisze loyalsync doctor --sql",
	"the login is disabled":                                             "login jest wyłączony",
	"ALTER LOGIN … ENABLE at the server":                                "na serwerze: ALTER LOGIN … ENABLE",
	"the login is locked after too many wrong passwords":                "login jest zablokowany po zbyt wielu złych hasłach",
	"ALTER LOGIN … WITH PASSWORD = … UNLOCK at the server, and put the same into password_file": "na serwerze: ALTER LOGIN … WITH PASSWORD = … UNLOCK, a to samo hasło wpisz do password_file",
	"the login's password has expired":                                                                               "hasło loginu wygasło",
	"set a new one at the server, with CHECK_EXPIRATION = OFF for a service":                                         "ustaw na serwerze inne, dla usługi z CHECK_EXPIRATION = OFF",
	"the login's password must be changed first":                                                                     "hasło loginu trzeba najpierw zmienić",
	"set a new one at the server without MUST_CHANGE":                                                                "ustaw na serwerze inne, bez MUST_CHANGE",
	"the login is not that of a trusted connection":                                                                  "serwer nie przyjmuje takiego loginu",
	"the server takes accounts of Windows alone: write auth: windows, or turn mixed mode on at the server":           "serwer przyjmuje tylko konta Windows: wpisz auth: windows albo włącz na serwerze tryb mieszany",
	"the database is offline":                                                                                        "baza jest wyłączona (offline)",
	"its administrator brings it back: ALTER DATABASE … SET ONLINE":                                                  "niech jej administrator ją włączy: ALTER DATABASE … SET ONLINE",
	"the database is being restored":                                                                                 "baza jest właśnie przywracana",
	"the database is being recovered":                                                                                "baza jest właśnie odtwarzana",
	"the database is in single-user mode, and somebody is there":                                                     "baza jest w trybie jednego użytkownika i ktoś z niej korzysta",
	"the server takes the connection and does not answer":                                                            "serwer przyjmuje połączenie i nie odpowiada",
	"is it SQL Server's port, and does the server run well? a firewall or a VPN on the way may swallow what is sent": "czy to port SQL Servera i czy serwer działa? zapora albo VPN po drodze może połykać to, co jest wysyłane",
	"what answers does not speak SQL Server's protocol":                                                              "to, co odpowiada, nie jest SQL Serverem",
	"it is tried again":     "próba zostanie powtórzona",
	"is it the right port?": "czy to właściwy port?",
	"no answer in time":     "brak odpowiedzi na czas",
	"may this machine reach the server's port? a firewall may drop the calls":                                                                                                        "czy ten komputer ma dostęp do portu serwera? połączenia może odrzucać zapora",
	"is SQL Server running, is TCP/IP on for the instance (SQL Server Configuration Manager), and is it the right port?":                                                             "czy SQL Server działa, czy instancja ma włączone TCP/IP (SQL Server Configuration Manager) i czy to właściwy port?",
	"check its spelling in server: or host:; a short name may need its domain":                                                                                                       "sprawdź pisownię w server: lub host:; krótka nazwa może wymagać domeny",
	"is the instance running? its machine tells of none":                                                                                                                             "czy instancja działa? jej komputer nie zgłasza żadnej",
	"name the authority, or the certificate itself, with ca_file:":                                                                                                                   "wskaż wystawcę certyfikatu albo sam certyfikat w ca_file:",
	"write server_name: as the certificate says, or give the server that name in server:":                                                                                            "wpisz server_name: tak jak w certyfikacie albo nazwij tak serwer w server:",
	"turn encryption on at the server; where the network between is yours, encrypt: disable does without":                                                                            "włącz szyfrowanie na serwerze; we własnej sieci można bez niego: encrypt: disable",
	`install the update of Windows or SQL Server that brings TLS 1.2; until then tls_min: "1.0" speaks with it`:                                                                      `zainstaluj aktualizację Windows lub SQL Servera, która daje TLS 1.2; do tego czasu pomaga tls_min: "1.0"`,
	`an old server may know old ciphers alone: try tls_min: "1.0"; its Windows event log (Schannel) says more`:                                                                       `stary serwer może znać tylko stare szyfry: spróbuj tls_min: "1.0"; więcej mówi dziennik Windows (Schannel)`,
	"write encrypt: full unless the server is this very machine":                                                                                                                     "wpisz encrypt: full, chyba że serwer jest na tym komputerze",
	"let the server's administrator renew the certificate before that day":                                                                                                           "niech administrator serwera odnowi certyfikat przed tym dniem",
	"loyalsync reads SQL Server 2012 and later: move the database to a newer server":                                                                                                 "loyalsync czyta SQL Server 2012 i nowsze: przenieś bazę na nowszy serwer",
	"name the authority, or the certificate itself, with ca_file:; where the network between is yours, trust_server_certificate: true takes the one that SQL Server made for itself": "wskaż wystawcę certyfikatu albo sam certyfikat w ca_file:; we własnej sieci certyfikat, który SQL Server zrobił sobie sam, przyjmuje trust_server_certificate: true",

	// Package optima.
	"there is no document of the kinds that are read":                                                        "nie ma żadnego dokumentu z czytanych rodzajów",
	"is documents: right, and is this the live database?":                                                    "czy documents: jest dobrze i czy to baza, na której się pracuje?",
	"every document is in the buffer, released or cancelled":                                                 "każdy dokument jest w buforze, zatwierdzony albo anulowany",
	"they count as being in the buffer; tell us what the number means":                                       "traktowane są jak dokumenty w buforze; napisz do nas, co oznacza ta liczba",
	"every kind of document is known":                                                                        "każdy rodzaj dokumentu jest znany",
	"no document was changed in the future":                                                                  "żaden dokument nie ma czasu zmiany w przyszłości",
	"a workstation's clock is ahead: set it; such documents are read when their time comes, or by the sweep": "zegar któregoś stanowiska się śpieszy: ustaw go; takie dokumenty będą odczytane, gdy ich czas nadejdzie, albo przy kontroli usuniętych dokumentów",
	"an index holds the class and the stamp of documents":                                                    "jest indeks na typie i czasie zmiany dokumentów",
	"no index holds the class and the stamp of documents: every page reads all headers":                      "nie ma indeksu na typie i czasie zmiany dokumentów: każda strona czyta wszystkie nagłówki",
	"Optima's own TraNagTypDokumentuBuforRodzaj is missing; let Optima check the database's integrity":       "brakuje indeksu Optimy TraNagTypDokumentuBuforRodzaj; niech Optima sprawdzi integralność bazy",
	"every invoice made of a receipt is named by one":                                                        "każda faktura z paragonu jest na nim wskazana",
	"they count as plain sales, or as corrections when they name an original; if they are advances or the like, add them to advance_kinds, final_kinds, collective_kinds or outside_kinds": "traktowane są jak zwykła sprzedaż albo jak korekty, gdy wskazują oryginał; jeśli to zaliczki itp., dopisz je do advance_kinds, final_kinds, collective_kinds lub outside_kinds",
	"one that names a receipt does not count then, because the receipt does; one that names none counts by itself: compare some of them in Optima":                                         "faktura, która wskazuje paragon, wtedy się nie liczy, bo liczy się paragon; ta, która nie wskazuje żadnego, liczy się sama: porównaj kilka z nich w Optimie",

	// Packages compiere and sqlerp.
	"check user:; loyalsync init writes the statements that make the login": "sprawdź user:; polecenia, które zakładają login, zapisuje loyalsync init",
	"the database opens":                                                          "baza się otwiera",
	"every state is in one of the lists":                                          "każdy stan jest na jednej z list",
	"every document has a stamp":                                                  "każdy dokument ma czas zmiany",
	"no stamp is in the future":                                                   "żaden czas zmiany nie leży w przyszłości",
	"wrong user or password, or the login has expired or is locked":               "zły użytkownik lub hasło albo login wygasł lub jest zablokowany",
	"look at user and password_file, and at the host that the login was made for": "sprawdź user i password_file oraz komputer, dla którego założono login",
}
