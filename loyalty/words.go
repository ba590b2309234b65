package loyalty

// reasonWords says every reason in Polish and in English, as a clause to stand
// after "no points:". A test reads reason.go and misses none.
var reasonWords = map[Reason][2]string{
	ReasonNone:            {"", ""},
	ReasonNotInProgram:    {"kontrahent nie bierze udziału w programie", "the contractor does not take part in the program"},
	ReasonNoContractor:    {"dokument nie wskazuje kontrahenta", "the document names no contractor"},
	ReasonAnonymous:       {"sprzedaż na klienta anonimowego", "the sale is to an anonymous customer"},
	ReasonErased:          {"dane kontrahenta zanonimizowano w ERP", "the contractor was made anonymous in the ERP"},
	ReasonInactive:        {"kontrahent jest nieaktywny w ERP", "the contractor is inactive in the ERP"},
	ReasonBeforeEarnFrom:  {"data dokumentu jest wcześniejsza niż początek naliczania punktów", "the document is dated before points are counted"},
	ReasonAfterLeaving:    {"kontrahent nie brał już udziału w dniu dokumentu", "the contractor had left by the date of the document"},
	ReasonCancelled:       {"dokument jest anulowany", "the document is cancelled"},
	ReasonDeleted:         {"dokumentu nie ma już w ERP", "the document is gone from the ERP"},
	ReasonOutOfScope:      {"dokument nie należy do wybranych rodzajów dokumentów", "the document is not of the kinds that are read"},
	ReasonNotCounted:      {"tę sprzedaż liczy inny dokument albo źródło jej nie liczy", "another document counts this sale, or the source does not count it"},
	ReasonBufferedIgnored: {"dokument jest w buforze", "the document is in the buffer"},
	ReasonNoOriginal:      {"nie znaleziono dokumentu korygowanego", "the document that it corrects was not found"},
	ReasonOriginalZero:    {"dokument korygowany nie ma punktów", "the document that it corrects has no points"},
	ReasonWaitsOriginal:   {"dokument korygowany jest jeszcze w buforze", "the document that it corrects is still in the buffer"},
	ReasonWaitsRelease:    {"zwrot jest w buforze i zmniejszy punkty po zatwierdzeniu", "the return is in the buffer and takes points back once released"},
	ReasonNoRules:         {"w dniu dokumentu nie obowiązują żadne zasady naliczania", "no rules are in force on the date of the document"},
	ReasonCurrency:        {"dokument jest w innej walucie niż program", "the document is not in the currency of the program"},
	ReasonNoRate:          {"dokument w innej walucie nie ma kursu", "the document is in another currency and has no rate"},
	ReasonNothing:         {"żadna zasada naliczania nie dała punktów", "no rule gave points"},
	ReasonPaidWithPoints:  {"w całości zapłacono punktami", "all of it was paid with points"},
	ReasonCapped:          {"limit punktów jest już wykorzystany", "the limit of points is used up"},
	ReasonRuleDates:       {"data dokumentu jest poza okresem obowiązywania zasady", "the date of the document is outside the dates of the rule"},
	ReasonRuleWhen:        {"warunek zasady nie jest spełniony", "the condition of the rule does not hold"},
	ReasonRuleFailed:      {"warunku zasady nie da się obliczyć dla tej sprzedaży", "the condition of the rule cannot be evaluated for this sale"},
	ReasonRuleNoTime:      {"warunek zasady pyta o godzinę, a dokument jej nie ma", "the condition of the rule asks for the hour, and the document has no time"},
	ReasonLineExcluded:    {"pozycja jest wyłączona z programu", "the line is excluded from the program"},
	ReasonLineFailed:      {"warunku nie da się obliczyć dla tej pozycji", "a condition cannot be evaluated for this line"},
	ReasonRuleMinimum:     {"wartość dokumentu jest niższa niż minimum zasady", "the document is below the minimum of the rule"},
	ReasonRuleNoLine:      {"żadna pozycja nie jest objęta zasadą", "no line is of the items of the rule"},
	ReasonRuleZero:        {"po zaokrągleniu wychodzi zero", "it comes to zero after rounding"},
	ReasonRuleCapped:      {"limit tej zasady lub programu nie zostawia już punktów", "the limit of the rule or of the program leaves no points"},
	ReasonRuleStacking:    {"pozycja liczy się według innej zasady", "the line counts under another rule"},
	ReasonRuleReturn:      {"zasada nie dotyczy zwrotów bez dokumentu korygowanego", "the rule does not apply to returns without an original"},
	ReasonRuleNegative:    {"zwrócono więcej, niż kupiono", "more was returned than bought"},
	ReasonTooLarge:        {"kwota lub ilość jest tak duża, że musi być pomyłką", "an amount or a quantity is so large that it must be a slip"},
	ReasonLineDeposit:     {"kaucja nie daje punktów", "a deposit earns no points"},
	ReasonLineComponent:   {"składnik zestawu: punkty daje pozycja główna", "part of a set: its own line earns the points"},
	ReasonLineOther:       {"pozycja nie jest objęta zasadą", "the line is not of the items of the rule"},
}

// Words says a reason to a person, "pl" in Polish, else in English. A reason
// unknown here, from a newer store, comes back as its code.
func (r Reason) Words(lang string) string {
	return wordsOf(reasonWords, r, lang)
}

// wordsOf says a code in a language; one that is unknown comes back as it is.
func wordsOf[C ~string](all map[C][2]string, code C, lang string) string {
	words, known := all[code]
	switch {
	case !known:
		return string(code)
	case lang == Polish:
		return words[0]
	}
	return words[1]
}
