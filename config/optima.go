package config

import (
	"slices"
	"strings"
)

// OptimaSettings say how Comarch ERP Optima's documents are understood where it
// leaves room. Every key has a default, which is the connector's.
type OptimaSettings struct {
	Receipts        string   `yaml:"receipts" enum:"invoice,receipt" desc:"Which of a receipt and the invoice made of it counts, where both kinds are read; otherwise invoice."`
	Advances        string   `yaml:"advances" enum:"final,advance,both" desc:"Which count: the final invoice, the advance invoices before it, or both, where the final one holds only the rest; otherwise final."`
	Collective      string   `yaml:"collective" enum:"return,ignore" desc:"Collective corrections, which name neither items nor originals: take points back by value, or nothing; otherwise return."`
	Outside         string   `yaml:"outside" enum:"ignore,return" desc:"Corrections of documents that this database never had: nothing, or take points back by value; otherwise ignore."`
	InactiveLines   string   `yaml:"inactive_lines" enum:"auto,count,ignore" desc:"Lines marked as not active (TrE_Aktywny): auto counts them where a document has no other; otherwise auto."`
	AdvanceKinds    []int    `yaml:"advance_kinds" desc:"TrN_Rodzaj of advance invoices; otherwise 302200 and 302202."`
	FinalKinds      []int    `yaml:"final_kinds" desc:"TrN_Rodzaj of final invoices; otherwise 302009."`
	CollectiveKinds []int    `yaml:"collective_kinds" desc:"TrN_Rodzaj of collective corrections; otherwise 302010."`
	OutsideKinds    []int    `yaml:"outside_kinds" desc:"TrN_Rodzaj of corrections of documents from elsewhere; otherwise 302101, 302102, 302103 and 305101."`
	Anonymous       []string `yaml:"anonymous" noun:"contractor codes" desc:"Codes of contractors that stand for nobody; otherwise !NIEOKREŚLONY!."`
	AnonymousIDs    []int    `yaml:"anonymous_ids" desc:"Knt_KntId of contractors that stand for nobody; otherwise 1."`
	ConsentFlags    bool     `yaml:"consent_flags" desc:"Take the old mark KnO_Mailing for consent to e-mail where the register of consents has nothing."`
	MergeTable      string   `yaml:"merge_table" desc:"KSH_NazwaTabeli of the rows of KntScalHist that say which contractor was merged; otherwise those of all tables."`
	Settlement      string   `yaml:"settlement" desc:"SELECT of document (TrN_TrNID) and paid (0 or 1) for documents; without it payments are not known. The login needs SELECT on its tables too."`
}

// The kinds of documents of Optima: sales invoices and receipts.
func optimaDocuments() []string { return []string{"FS", "PA"} }

func (k checker) optima(s *Source, path string) {
	k.sqlServer(s, path)
	k.noEffect(path, "with the connector optima", map[string]bool{"sql": s.SQL != nil, "schema": s.Schema != "", "tenant": s.Tenant != "", "returns": s.Returns != ""})
	if len(s.Documents) == 0 {
		k.faultAt(path+".documents", "names no type of document", "write [FS] for invoices, [FS, PA] for receipts too, or remove the key")
	}
	for i, doc := range s.Documents {
		switch known := optimaDocuments(); {
		case !slices.Contains(known, doc):
			k.faultAt(at(path+".documents", i), k.quote(at(path+".documents", i), doc)+" is not a type of sales document", didYouMean(doc, known))
		case slices.Contains(s.Documents[:i], doc):
			k.faultAt(at(path+".documents", i), doc+" is named twice", "name it once")
		}
	}
	if s.Optima != nil {
		k.optimaSettings(s.Optima, path+".optima")
	}
}

func (k checker) optimaSettings(o *OptimaSettings, path string) {
	lists := map[string][]int{
		"advance_kinds": o.AdvanceKinds, "final_kinds": o.FinalKinds, "collective_kinds": o.CollectiveKinds, "outside_kinds": o.OutsideKinds,
	}
	meaning := map[int]string{}
	for _, name := range []string{"advance_kinds", "final_kinds", "collective_kinds", "outside_kinds"} {
		for i, kind := range lists[name] {
			place := at(path+"."+name, i)
			if other, twice := meaning[kind]; twice {
				k.faultAt(place, "stands under "+other+" too", "a kind means one thing")
			} else if class := kind / 1000; class != 302 && class != 305 {
				k.faultAt(place, "is not a TrN_Rodzaj of an invoice or a receipt", "it is 302 or 305 with three more digits, such as 302200")
			}
			meaning[kind] = name
		}
	}
	words := strings.Fields(o.Settlement)
	if len(words) > 0 && (!strings.EqualFold(words[0], "SELECT") || strings.Contains(o.Settlement, ";")) {
		k.faultAt(path+".settlement", "is not one SELECT", "write SELECT … AS document, … AS paid FROM …, without ; and without ORDER BY; WITH cannot stand in it")
	}
}
