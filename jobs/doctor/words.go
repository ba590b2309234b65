package doctor

import (
	"regexp"

	"github.com/loyalsync/loyalsync/connectors"
	"github.com/loyalsync/loyalsync/loyalty"
)

// words are what a code says in English and in Polish, and what cures it. {name}
// stands for a value of the finding's Data. A message without English is a
// connector's own, which brings its English along; so is a hint without one.
type words struct{ en, pl, cure, lek string }

// tell makes a finding of a code of this package; data are names and values in
// turn.
func tell(check string, condition connectors.Condition, code string, data ...string) connectors.Finding {
	f := connectors.Finding{Check: check, Condition: condition, Code: code}
	for i := 0; i+1 < len(data); i += 2 {
		if f.Data == nil {
			f.Data = make(map[string]string)
		}
		f.Data[data[i]] = data[i+1]
	}
	w := vocabulary[code]
	f.Message, _ = fill(w.en, f.Data, loyalty.English)
	f.Hint, _ = fill(w.cure, f.Data, loyalty.English)
	return f
}

// Words says a finding and its cure in a language: "pl" in Polish as far as it is
// known, else in English.
func Words(f connectors.Finding, lang string) (message, hint string) {
	message, hint = phrase(f.Message, lang), phrase(f.Hint, lang)
	w, known := vocabulary[f.Code]
	if !known || lang != loyalty.Polish {
		return message, hint
	}
	if said, whole := fill(w.pl, f.Data, lang); whole {
		message = said
	}
	ours, _ := fill(w.cure, f.Data, loyalty.English)
	if said, whole := fill(w.lek, f.Data, lang); whole && f.Hint == ours { // a caller's own cure is better than ours
		hint = said
	}
	return message, hint
}

var place = regexp.MustCompile(`\{[a-z_]+\}`)

// fill puts data into a text. A reason is said in words. It is whole when there is
// a text and every place in it has its value.
func fill(text string, data map[string]string, lang string) (filled string, whole bool) {
	whole = text != ""
	filled = place.ReplaceAllStringFunc(text, func(p string) string {
		name := p[1 : len(p)-1]
		value, ok := data[name]
		whole = whole && ok
		if name == "reason" {
			value = loyalty.Reason(value).Words(lang)
		}
		return value
	})
	return filled, whole
}

// vocabulary is what this package says, and what it says for connectors.
var vocabulary = map[string]words{
	"skipped":            {"not asked: what comes before it is broken", "pominięto: najpierw trzeba usunąć błąd powyżej", "", ""},
	"source-hung":        {"the server does not answer in time", "serwer nie odpowiada na czas", "is it overloaded, or does a firewall hold the connection?", "czy nie jest przeciążony, albo czy zapora nie wstrzymuje połączenia?"},
	"source-unreachable": {"the ERP's server cannot be reached: {cause}", "nie można połączyć się z serwerem ERP: {cause}", "", ""},
	"source-auth":        {"the ERP's server refuses the login: {cause}", "serwer ERP odrzuca login: {cause}", "", ""},
	"source-schema":      {"the ERP's tables are not as expected: {cause}", "tabele ERP są inne, niż powinny: {cause}", "", ""},
	"source-settings":    {"the settings of the source do not work: {cause}", "ustawienia źródła nie działają: {cause}", "", ""},
	"source-transient":   {"the ERP's server gave up for now: {cause}", "serwer ERP chwilowo nie odpowiada: {cause}", "", ""},
	"source-failed":      {"the source does not work: {cause}", "źródło nie działa: {cause}", "", ""},
	"data-limit":         {"the data could not be looked through in time", "nie udało się przejrzeć danych na czas", "jobs are not held up by this; the server may be busy: try again later", "zadań to nie wstrzymuje; serwer może być zajęty: spróbuj później"},

	"version":          {"{product} {version} on {server}", "{product} {version}, serwer: {server}", "", ""},
	"version-server":   {"{product} on {server}", "{product}, serwer: {server}", "", ""},
	"encoding":         {"collation and code page: {encoding}", "kodowanie i strona kodowa: {encoding}", "", ""},
	"tables":           {"all tables and columns are there", "są wszystkie tabele i kolumny", "", ""},
	"missing":          {"missing: {missing}", "brakuje: {missing}", "is it the right database, schema and version, and may the login read these tables?", "czy to właściwa baza, schemat i wersja, i czy login może czytać te tabele?"},
	"read-only":        {"the login may only read", "login może tylko czytać", "", ""},
	"writable":         {"the login may write ({tables})", "login może zapisywać ({tables})", "make a login that may only read: loyalsync doctor --sql prints the script; or set allow_writable_login: true", "załóż login tylko do odczytu: skrypt wypisze loyalsync doctor --sql; albo ustaw allow_writable_login: true"},
	"writable-allowed": {"the login may write ({tables}), which allow_writable_login allows", "login może zapisywać ({tables}), na co pozwala allow_writable_login", "a login that may only read is safer: loyalsync doctor --sql prints the script", "bezpieczniejszy jest login tylko do odczytu: skrypt wypisze loyalsync doctor --sql"},
	"identity":         {"the same database as at the first run", "ta sama baza co przy pierwszym uruchomieniu", "", ""},
	"identity-changed": {"another database than before: it was {before} and is {now}", "inna baza niż dotąd: była {before}, jest {now}", "point the source back at its database; if the change is meant: loyalsync source accept {source}", "skieruj źródło na właściwą bazę; jeśli zmiana jest zamierzona: loyalsync source accept {source}"},
	"unmapped":         {"no mapping reads this source, so it gives no points", "żadne mapowanie nie korzysta z tego źródła, więc nie da ono punktów", "add one under mappings", "dodaj je w mappings"},

	"clock":             {"the server's clock agrees with ours ({now}, {zone})", "zegar serwera zgadza się z naszym ({now}, {zone})", "", ""},
	"clock-ahead":       {"the server's clock is {difference} ahead of ours", "zegar serwera śpieszy się wobec naszego o {difference}", "let both machines set their clocks by the network", "ustaw synchronizację czasu na obu komputerach"},
	"clock-behind":      {"the server's clock is {difference} behind ours", "zegar serwera spóźnia się wobec naszego o {difference}", "let both machines set their clocks by the network", "ustaw synchronizację czasu na obu komputerach"},
	"clock-zone-ahead":  {"the server's clock is {difference} ahead of ours in {zone}: rows are stamped in another zone", "zegar serwera wyprzedza nasz w strefie {zone} o {difference}: ERP zapisuje czas w innej strefie", "set timezone of the source to the zone in which the ERP stamps rows; otherwise changes are taken for future ones and read late", "wpisz w timezone źródła strefę, w której ERP zapisuje czas zmian; inaczej zmiany wyglądają na przyszłe i są czytane za późno"},
	"clock-zone-behind": {"the server's clock is {difference} behind ours in {zone}: rows are stamped in another zone", "zegar serwera jest za naszym w strefie {zone} o {difference}: ERP zapisuje czas w innej strefie", "set timezone of the source to the zone in which the ERP stamps rows", "wpisz w timezone źródła strefę, w której ERP zapisuje czas zmian"},
	"clock-off-ahead":   {"the server's clock is {difference} ahead of ours", "zegar serwera śpieszy się wobec naszego o {difference}", "set the clock that is wrong; if it is a matter of zones, timezone of the source", "ustaw zegar, który jest zły; jeśli to kwestia strefy: timezone źródła"},
	"clock-off-behind":  {"the server's clock is {difference} behind ours", "zegar serwera spóźnia się wobec naszego o {difference}", "set the clock that is wrong; if it is a matter of zones, timezone of the source", "ustaw zegar, który jest zły; jeśli to kwestia strefy: timezone źródła"},
	"clock-server-zone": {"the server's clock is right, in {server_zone}; timezone of the source is {zone}", "zegar serwera jest dobry, w strefie {server_zone}; timezone źródła to {zone}", "if the ERP stamps rows by the server's clock, write timezone: {server_zone}; stamps would be in the future otherwise", "jeśli ERP zapisuje czas według zegara serwera, wpisz timezone: {server_zone}; inaczej zmiany wyglądają na przyszłe"},
	"clock-unknown":     {"the server does not tell its time", "serwer nie podaje czasu", "", ""},

	"selected":         {"program {program}: {selected} of {contractors} contractors take part", "program {program}: bierze udział {selected} z {contractors} kontrahentów", "", ""},
	"selected-none":    {"program {program}: none of {contractors} contractors takes part, so nothing earns points", "program {program}: nie bierze udziału żaden z {contractors} kontrahentów, więc nikt nie dostanie punktów", "see contractors of the mapping: where, codes; unless operators tick them by hand", "sprawdź w mapowaniu contractors: where, codes; chyba że zaznaczają ich operatorzy"},
	"left-out":         {"program {program}: {count} left out ({reason}): {examples}", "program {program}: pominięto {count} ({reason}): {examples}", "", ""},
	"undecided":        {"program {program}: {count} contractors cannot be decided ({examples}): {cause}", "program {program}: nie da się rozstrzygnąć, czy biorą udział ({count}): {examples}; {cause}", "mend the expression of the mapping, or these contractors in the ERP", "popraw wyrażenie w mapowaniu albo tych kontrahentów w ERP"},
	"codes":            {"program {program}: all {count} codes of the mapping are in the ERP", "program {program}: wszystkie kody z mapowania ({count}) są w ERP", "", ""},
	"code-unknown":     {"program {program}: no contractor has the code {code} ({path})", "program {program}: żaden kontrahent nie ma kodu {code} ({path})", "look the code up in the ERP: it may have been changed there; correct it or take it out", "sprawdź kod w ERP: mógł się tam zmienić; popraw go albo usuń"},
	"code-case":        {"program {program}: no contractor has the code {code} ({path}); the ERP writes {near}", "program {program}: żaden kontrahent nie ma kodu {code} ({path}); w ERP jest {near}", "write it as the ERP does: upper and lower case differ", "wpisz go jak w ERP: wielkość liter ma znaczenie"},
	"code-beneficiary": {"program {program}: points go to the code {code}, which no contractor has ({path})", "program {program}: punkty mają trafiać pod kod {code}, którego nie ma żaden kontrahent ({path})", "look the code up in the ERP: until it is right, nobody gets those points", "sprawdź kod w ERP: dopóki nie będzie dobry, tych punktów nie dostanie nikt"},
	"name-unknown":     {"program {program}: {path}: {what}", "program {program}: {path} nazywa coś, czego w źródle nie ma: {what}", "", ""},
	"codes-more":       {"program {program}: {count} more codes that no contractor has", "program {program}: kolejne kody, których nie ma żaden kontrahent: {count}", "is it the right database?", "czy to właściwa baza?"},

	"embedded":                {"the embedded panel: the ledger itself", "wbudowany panel: same zapisy punktów", "", ""},
	"platform-answers":        {"it answers", "odpowiada", "", ""},
	"platform-unused":         {"no job sends anything there", "żadne zadanie nic tam nie wysyła", "name it in platforms of a job, or remove it", "wpisz ją w platforms zadania albo usuń"},
	"platform-hung":           {"it does not answer in time", "nie odpowiada na czas", "is it overloaded, or does a firewall hold the connection?", "czy nie jest przeciążona, albo czy zapora nie wstrzymuje połączenia?"},
	"platform-silent":         {"it cannot be reached: {cause}", "nie można się z nią połączyć: {cause}", "check url, and that this machine may reach it; nothing is lost meanwhile", "sprawdź url i czy ten komputer ma do niego dostęp; nic w tym czasie nie ginie"},
	"platform-settings":       {"it cannot be called: {cause}", "nie da się jej wywołać: {cause}", "", ""},
	"platform-clock":          {"its clock agrees with ours", "jej zegar zgadza się z naszym", "", ""},
	"platform-clock-off":      {"its clock and ours are {difference} apart", "jej zegar różni się od naszego o {difference}", "let both machines set their clocks by the network", "ustaw synchronizację czasu na obu komputerach"},
	"platform-clock-window":   {"its clock and ours are {difference} apart, and signatures are good for 5 minutes", "jej zegar różni się od naszego o {difference}, a podpis jest ważny 5 minut", "let both machines set their clocks by the network", "ustaw synchronizację czasu na obu komputerach"},
	"platform-accepts":        {"it takes the token for program {program} from {source}", "przyjmuje token dla programu {program} ze źródła {source}", "", ""},
	"platform-accepts-signed": {"it takes token and signature for program {program} from {source}", "przyjmuje token i podpis dla programu {program} ze źródła {source}", "", ""},
	"platform-empty":          {"it takes the token, though no call without items ({status} {code})", "przyjmuje token, choć nie puste wywołanie ({status} {code})", "", ""},
	"platform-other":          {"what answers at url is something else", "pod url odpowiada coś innego", "check url: /v1/sync/… is added to it", "sprawdź url: dopisywane jest do niego /v1/sync/…"},
	"platform-unsigned":       {"it asks for signed calls", "wymaga podpisanych wywołań", "put the key agreed with its administrator into signing_key_file", "wpisz klucz uzgodniony z jej administratorem do signing_key_file"},
	"platform-signature":      {"it refuses the signature", "odrzuca podpis", "both sides need the same signing key: check signing_key_file, and the clocks of both machines", "obie strony muszą mieć ten sam klucz: sprawdź signing_key_file i zegary obu komputerów"},
	"platform-token":          {"it refuses the token", "odrzuca token", "check token_file: is it the token of this platform, whole and in force?", "sprawdź token_file: czy to token tej platformy, cały i ważny?"},
	"platform-forbidden":      {"the token is not for program {program} from {source}", "token nie jest dla programu {program} ze źródła {source}", "ask its administrator what the token is for; is program spelled as there?", "zapytaj jej administratora, do czego jest token; czy nazwa programu jest taka jak tam?"},
	"platform-address":        {"there is nothing at that address ({status})", "pod tym adresem nic nie ma ({status})", "check url: /v1/sync/… is added to it", "sprawdź url: dopisywane jest do niego /v1/sync/…"},
	"platform-redirect":       {"it sends elsewhere ({status}), which is not followed", "przekierowuje gdzie indziej ({status}), a przekierowania nie są śledzone", "put the final address into url", "wpisz w url adres docelowy"},
	"platform-conflict":       {"it reports a conflict ({code})", "zgłasza konflikt ({code})", "ask its administrator: the source may be read there already, or the program kept with another currency or decimals", "zapytaj jej administratora: źródło może być czytane już tam, albo program ma inną walutę lub liczbę miejsc po przecinku"},
	"platform-busy":           {"it is not at its best ({status} {code})", "ma kłopoty ({status} {code})", "nothing is lost: each run tries again", "nic nie ginie: każde uruchomienie próbuje ponownie"},

	"store":              {"the store is there (schema {schema})", "baza programu jest na miejscu (schemat {schema})", "", ""},
	"store-none":         {"there is no store yet; the first run makes {path}", "bazy programu jeszcze nie ma; pierwsze uruchomienie założy {path}", "", ""},
	"store-older":        {"the store has schema {schema}; the next start copies it and brings it to {known}", "baza programu ma schemat {schema}; następny start zrobi jej kopię i podniesie ją do {known}", "", ""},
	"store-newer":        {"the store has schema {schema}, and this program knows {known}", "baza programu ma schemat {schema}, a ten program zna {known}", "use the newer loyalsync that wrote it", "użyj nowszej wersji loyalsync, która ją zapisała"},
	"store-none-server":  {"there is no store at {path} yet; the first run makes its tables", "w {path} nie ma jeszcze bazy programu; pierwsze uruchomienie założy jej tabele", "", ""},
	"store-older-server": {"the store has schema {schema}; the next start brings it to {known}", "baza programu ma schemat {schema}; następny start podniesie ją do {known}", "make a copy with pg_dump before", "zrób wcześniej kopię programem pg_dump"},
	"store-broken":       {"the store does not open: {cause}", "baza programu się nie otwiera: {cause}", "", ""},
	"store-hung":         {"the store does not answer in time", "baza programu nie odpowiada na czas", "is the disk well, and is the store on a disk of this machine?", "czy dysk jest sprawny i czy baza leży na dysku tego komputera?"},
	"server":             {"PostgreSQL {version}, the store takes {size} MiB", "PostgreSQL {version}, baza programu zajmuje {size} MiB", "", ""},
	"server-replica":     {"the server takes no changes: it is a replica", "serwer nie przyjmuje zmian: to replika", "name the primary server in store.url", "wskaż w store.url serwer główny"},
	"server-encoding":    {"the database keeps texts as {encoding}, which lacks letters", "baza przechowuje teksty jako {encoding}, w którym brakuje liter", "make one with ENCODING 'UTF8' and TEMPLATE template0, and name it in store.url", "załóż bazę z ENCODING 'UTF8' i TEMPLATE template0 i wskaż ją w store.url"},
	"server-schema":      {"there is no schema that search_path names", "nie ma schematu, który wskazuje search_path", "CREATE SCHEMA it, or take search_path out of store.url", "załóż go (CREATE SCHEMA) albo usuń search_path ze store.url"},
	"server-rights":      {"the login may not make tables in schema {schema}", "użytkownik nie może zakładać tabel w schemacie {schema}", "GRANT CREATE, USAGE ON SCHEMA {schema} to it, or make it the owner of the database", "nadaj mu GRANT CREATE, USAGE ON SCHEMA {schema} albo uczyń go właścicielem bazy"},
	"server-plain":       {"the connection to the server is not encrypted", "połączenie z serwerem nie jest szyfrowane", "turn ssl on at the server, and write sslmode=verify-full into store.url", "włącz ssl na serwerze i dopisz sslmode=verify-full do store.url"},
	"integrity":          {"its structure is sound", "jej budowa jest poprawna", "", ""},
	"integrity-limit":    {"its structure could not be read through in time, and nothing was found wrong so far", "nie zdążono sprawdzić całej jej budowy; dotąd nie znaleziono błędów", "run doctor at a quieter hour", "uruchom doctor w spokojniejszej porze"},
	"integrity-damaged":  {"it is damaged: {faults}", "jest uszkodzona: {faults}", "stop the service, keep the file, and put back a backup; then check the disk", "zatrzymaj usługę, zachowaj plik i przywróć kopię; potem sprawdź dysk"},
	"rules":              {"program {program}: the rules fit the points that were given", "program {program}: zasady naliczania zgadzają się z przyznanymi punktami", "", ""},
	"rules-changed":      {"program {program}: these are not the rules that points were already given under, so the next run fails", "program {program}: to nie są zasady naliczania, według których przyznano już punkty, więc następne wykonanie się nie uda", "put the old rules back, or a later date into rules_from (valid_from of a rule set): documents from that day on follow the new rules, earlier ones keep theirs", "przywróć poprzednie zasady albo wpisz późniejszą datę w rules_from (valid_from zestawu zasad): dokumenty od tego dnia idą według nowych zasad, wcześniejsze według dotychczasowych"},
	"merges-wait":        {"program {program}: pairs of contractors that look like one firm: {count}", "program {program}: pary kontrahentów, którzy wyglądają na jedną firmę: {count}", "loyalsync contractors merges lists them: merge them, or dismiss the proposals", "wypisze je loyalsync contractors merges: połącz ich albo odrzuć propozycje"},
	"disk":               {"{free} MiB free on its disk, the store has {size} MiB", "na dysku jest {free} MiB wolnego miejsca, baza ma {size} MiB", "", ""},
	"disk-low":           {"only {free} MiB free on its disk", "na dysku jest tylko {free} MiB wolnego miejsca", "make room", "zrób miejsce"},
	"disk-twice":         {"{free} MiB free on its disk, less than twice the {size} MiB of the store", "na dysku jest {free} MiB wolnego miejsca, mniej niż dwa razy {size} MiB bazy", "make room: a new version copies the store before it changes it", "zrób miejsce: nowa wersja kopiuje bazę, zanim ją zmieni"},
	"disk-full":          {"the disk is as good as full: {free} MiB free", "dysk jest prawie pełny: {free} MiB wolnego miejsca", "make room; runs fail until then, and nothing is lost", "zrób miejsce; do tego czasu zadania się nie udają, ale nic nie ginie"},
	"disk-unknown":       {"the room on its disk is not known", "nie wiadomo, ile miejsca jest na dysku", "", ""},
	"share":              {"the store is on a network share ({kind})", "baza leży na udziale sieciowym ({kind})", "move it to a disk of this machine and change store.url: locks do not hold over the network, and the store would be damaged", "przenieś ją na dysk tego komputera i zmień store.url: blokady nie działają przez sieć i baza zostałaby uszkodzona"},
	"share-none":         {"it is on a disk of this machine", "leży na dysku tego komputera", "", ""},
	"folder":             {"{folder} is writable", "do {folder} można zapisywać", "", ""},
	"folder-none":        {"{folder} is made when it is needed", "{folder} powstanie, gdy będzie potrzebny", "", ""},
	"folder-forbidden":   {"this account may not write to {folder}", "to konto nie może zapisywać do {folder}", "give the service's account the right to write there", "daj kontu usługi prawo zapisu do tego folderu"},
	"folder-unwritable":  {"{folder} cannot be written to", "do {folder} nie da się zapisywać", "check the disk and the folder", "sprawdź dysk i folder"},

	"configuration":        {"{path} is without faults", "{path} nie ma błędów", "", ""},
	"job-unscheduled":      {"job {job} has no schedule: it runs only by hand", "zadanie {job} nie ma terminów: uruchamia się tylko ręcznie", "add daily, every, once or cron, if it should run by itself", "dodaj daily, every, once albo cron, jeśli ma działać samo"},
	"job-paused":           {"job {job} is paused", "zadanie {job} jest wstrzymane", "loyalsync jobs resume {job}", "loyalsync jobs resume {job}"},
	"job-missing-points":   {"no job of kind points reads source {source}, so it gives no points", "żadne zadanie rodzaju points nie czyta źródła {source}, więc nie da ono punktów", "add one under jobs", "dodaj je w jobs"},
	"job-missing-sweep":    {"no job of kind sweep reads source {source}: deleted documents keep their points", "żadne zadanie rodzaju sweep nie czyta źródła {source}: usunięte dokumenty zachowają punkty", "add one under jobs, for example every: 1d", "dodaj je w jobs, na przykład every: 1d"},
	"job-missing-activate": {"no job of kind activate makes points of source {source} in program {program} available: they stay pending", "żadne zadanie rodzaju activate nie udostępnia punktów ze źródła {source} w programie {program}: pozostają oczekujące", "add one under jobs, for example daily: [\"00:05\"]", "dodaj je w jobs, na przykład daily: [\"00:05\"]"},
	"job-missing-lapse":    {"no job of kind lapse posts what lapses in program {program}: balances are right, but neither history nor platforms tell of it", "żadne zadanie rodzaju lapse nie zapisuje wygasania w programie {program}: salda są prawidłowe, ale nie mówi o tym ani historia, ani platformy", "add one under jobs, for example daily: [\"00:15\"]", "dodaj je w jobs, na przykład daily: [\"00:15\"]"},
	"secret-open":          {"every account of this machine may read {file} ({mode})", "każde konto tego komputera może czytać {file} ({mode})", "chmod 600, and let the service's account own it", "chmod 600, a właścicielem niech będzie konto usługi"},
	"http-plain":           {"{key} serves {address} without TLS: passwords travel readable", "{key} udostępnia {address} bez TLS: hasła płyną otwartym tekstem", "set tls_cert and tls_key, or put a proxy with TLS in front and name it in trusted_proxies", "ustaw tls_cert i tls_key albo postaw przed nim proxy z TLS i wpisz je w trusted_proxies"},

	"own-tls":          {"the certificate of this server is valid until {to}", "certyfikat tego serwera jest ważny do {to}", "", ""},
	"own-tls-soon":     {"the certificate of this server is valid until {to} only", "certyfikat tego serwera jest ważny tylko do {to}", "renew it, write it to tls_cert and tls_key, and restart the service", "odnów go, zapisz w tls_cert i tls_key i uruchom usługę ponownie"},
	"own-tls-invalid":  {"the certificate of this server is valid from {from} to {to}, which is not today", "certyfikat tego serwera jest ważny od {from} do {to}, a więc nie dziś", "renew it, write it to tls_cert and tls_key, and restart the service; or set this machine's clock", "odnów go, zapisz w tls_cert i tls_key i uruchom usługę ponownie; albo ustaw zegar tego komputera"},
	"own-tls-unusable": {"{cert} and {key} are no certificate with its key", "{cert} i {key} to nie certyfikat i jego klucz", "both are PEM files that this account may read, and the key belongs to the certificate", "oba to pliki PEM, które to konto może czytać, a klucz należy do certyfikatu"},

	// What connectors find before a login; their cures name the server's own dialogs.
	"instance-found":          {"", "{instance} nasłuchuje na porcie {port}", "", ""},
	"instance-browser-silent": {"", "usługa SQL Server Browser nie odpowiada (UDP 1434)", "start the SQL Server Browser service on {host} and let UDP 1434 through its firewall; or give the instance a fixed port and set port:", "uruchom usługę SQL Server Browser na {host} i przepuść UDP 1434 w jego zaporze; albo nadaj instancji stały port i wpisz go w port:"},
	"instance-no-tcp":         {"", "instancja nie nasłuchuje przez TCP/IP", "SQL Server Configuration Manager > Protocols for {instance} > TCP/IP > Enable, then restart the instance; or set port: if it uses another", "SQL Server Configuration Manager > Protocols for {instance} > TCP/IP > Enable, potem uruchom instancję ponownie; albo wpisz port:, jeśli używa innego"},
	"instance-unknown":        {"", "nie ma takiej instancji", "", ""},
	"login-accepted":          {"", "serwer przyjmuje login", "", ""},
	"login-password":          {"", "hasło nie pasuje", "", ""},
	"login-hba":               {"", "pg_hba.conf serwera nie ma wiersza dla tego użytkownika, bazy i komputera", "", ""},
	"login-refused":           {"", "użytkownik jest nieznany albo nie może się logować", "", ""},
	"login-full":              {"", "serwer nie ma wolnego połączenia dla tego użytkownika", "", ""},
	"login-starting":          {"", "serwer właśnie się uruchamia albo zatrzymuje", "wait, and ask again", "odczekaj i spróbuj ponownie"},
	"login-pooler":            {"", "zamiast serwera odpowiada pośrednik, na przykład PgBouncer", "", ""},
	"database-unknown":        {"", "nie ma bazy {database}", "", ""},
	"database-open":           {"", "{database}, {collation}, strona kodowa {code_page}", "", ""},
	"tls-checked":             {"", "{version}, certyfikat {certificate} do {to}", "", ""},
	"tls-trusted":             {"", "{version}; certyfikat nie jest sprawdzany", "", ""},
	"tls-expires-soon":        {"", "certyfikat serwera jest ważny do {to}", "", ""},
	"tls-local":               {"", "serwer jest na tym komputerze, a połączenie nie jest szyfrowane", "", ""},
	"tls-disabled":            {"", "nic nie jest szyfrowane, nawet hasło", "", ""},

	// What connectors find in the data.
	"data-documents":      {"", "dokumenty sprzedaży: {documents}, wystawione od {first} do {last}", "", ""},
	"data-no-documents":   {"", "firma nie ma dokumentów sprzedaży", "is tenant: the company that sells?", "czy tenant: to firma, która sprzedaje?"},
	"data-no-future":      {"", "żaden dokument nie był zmieniony w przyszłości", "", ""},
	"data-future":         {"", "dokumenty zmienione w przyszłości: {documents}", "", ""},
	"data-known-states":   {"", "każdy dokument ma znany stan", "", ""},
	"data-states":         {"", "dokumenty o nieznanym stanie ({states}): {documents}", "", ""},
	"data-index":          {"", "jest indeks na czasie zmiany", "", ""},
	"data-index-spared":   {"", "nie ma indeksu na czasie zmiany i jeszcze nie jest potrzebny", "", ""},
	"data-index-missing":  {"", "nie ma indeksu na czasie zmiany: każda strona czyta wszystkie dokumenty sprzedaży ({documents})", "", ""},
	"data-contractors":    {"", "klienci: {contractors}, czynni: {active}, anonimowi: {anonymous}", "", ""},
	"data-firms":          {"", "kontrahenci: {contractors}, aktywni: {active}", "", ""},
	"data-kinds":          {"", "nieznane rodzaje dokumentów (TrN_Rodzaj): {kinds}", "", ""},
	"data-unlinked":       {"", "faktury z paragonów, których nie wskazuje żaden paragon: {invoices}", "", ""},
	"data-no-contractors": {"", "firma nie ma klientów", "", ""},
	"data-signs":          {"", "znaki typów dokumentów zgadzają się z ich typami podstawowymi", "", ""},
	"data-signs-odd":      {"", "typy dokumentów sprzedaży o innym znaku niż ich typ podstawowy: {types}; liczy się znak typu", "", ""},

	// What package connectors/network finds.
	"resolved":              {"", "{host} to {addresses}", "", ""},
	"host-address":          {"", "{host} to adres, nazwy nie trzeba szukać", "", ""},
	"host-unknown":          {"", "nazwa {host} nie jest znana", "check its spelling; a short name may need its domain (name.company.local); or give the address itself", "sprawdź pisownię; krótka nazwa może wymagać domeny (nazwa.firma.local); albo podaj adres"},
	"resolver-silent":       {"", "nikt nie odpowiada, jaki adres ma {host}", "this machine's DNS server does not answer: check its network settings, or give the address itself", "serwer DNS tego komputera nie odpowiada: sprawdź ustawienia sieci albo podaj adres"},
	"host-useless":          {"", "{host} prowadzi do {addresses}, gdzie nie może być serwera", "correct the name in DNS or in this machine's hosts file, or give the address itself", "popraw nazwę w DNS albo w pliku hosts, albo podaj adres"},
	"port-open":             {"", "{address} jest otwarty", "", ""},
	"port-refused":          {"", "{address} odmawia: nikt tam nie nasłuchuje", "is the server running, and is port: the one it listens on?", "czy serwer działa i czy port: jest tym, na którym nasłuchuje?"},
	"port-dropped":          {"", "{address} nie odpowiada", "a firewall drops the calls: let this machine through to the port, here, on the way and on the server", "zapora odrzuca połączenia: przepuść ten komputer do portu tutaj, po drodze i na serwerze"},
	"port-no-route":         {"", "do {address} nie prowadzi żadna droga", "check this machine's network, and the VPN or the route to the server", "sprawdź sieć tego komputera oraz VPN lub trasę do serwera"},
	"port-unreachable":      {"", "nie można połączyć się z {address}", "a firewall drops the calls: let this machine through to the port, here, on the way and on the server", "zapora odrzuca połączenia: przepuść ten komputer do portu tutaj, po drodze i na serwerze"},
	"tls-expired":           {"", "certyfikat serwera był ważny do {to}", "let its administrator renew it", "niech jego administrator go odnowi"},
	"tls-not-yet-valid":     {"", "certyfikat serwera jest ważny od {from}, a według tego komputera jest {today}", "set this machine's clock", "ustaw zegar tego komputera"},
	"tls-unknown-authority": {"", "nikt, komu ten komputer ufa, nie ręczy za certyfikat serwera", "let this machine trust the authority that issued it", "dodaj wystawcę certyfikatu do zaufanych na tym komputerze"},
	"tls-wrong-name":        {"", "certyfikat serwera jest dla {names}, a nie dla {host}", "name the server as its certificate does", "nazwij serwer tak, jak jego certyfikat"},
	"tls-sha1":              {"", "certyfikat serwera jest podpisany SHA-1, czego nikt już nie przyjmuje", "let its administrator make a new one", "niech jego administrator zrobi nowy"},
	"tls-negative-serial":   {"", "certyfikat serwera ma ujemny numer seryjny, co jest niedozwolone", "let its administrator make a new one", "niech jego administrator zrobi nowy"},
	"tls-weak-key":          {"", "klucz certyfikatu serwera jest za krótki, by był bezpieczny", "let its administrator make a new one, of 2048 bits or more", "niech jego administrator zrobi nowy, od 2048 bitów"},
	"tls-old-version":       {"", "serwer mówi tylko zbyt starymi wersjami TLS", "let its administrator turn TLS 1.2 on", "niech jego administrator włączy TLS 1.2"},
	"tls-none":              {"", "serwer nie mówi tu przez TLS", "turn TLS on at the server, or off in the settings", "włącz TLS na serwerze albo wyłącz w ustawieniach"},
	"tls-other":             {"", "nie udało się uzgodnić szyfrowanego połączenia", "the server may speak only old versions or ciphers of TLS: its log says more", "serwer może znać tylko stare wersje lub szyfry TLS: więcej mówi jego dziennik"},
}
