// Package compiere reads sales documents and business partners of the Compiere
// family of ERPs from PostgreSQL: Compiere 3, ADempiere and iDempiere. Openbravo,
// metasfresh and Libertya share its table names but not its conventions; they are
// recognised and refused.
//
// # How it works
//
// [Open] finds the schema that holds the ERP's tables, reads the system catalog to
// tell the products apart and to learn which optional columns there are, and finds
// the company (AD_Client). The statements are the files of folder sql, written for
// a database administrator to read; text/template fills only the gaps for optional
// columns, and @names are parameters. A page is one statement for the headers and
// one for all their lines, in one REPEATABLE READ READ ONLY transaction.
//
// # Laws kept here
//
//   - Law 4: the sessions are read-only by default and by transaction, with
//     timeouts for statements, locks and idle transactions, over at most two
//     connections. Check tells what the login could write; [LoginSQL] makes one
//     that cannot.
//   - Law 5: a document's key is C_Invoice_ID, of type C_Invoice whatever the
//     document base type, which is its class: a draft may still change that.
//   - Law 6: Keys and Invoices make the digest with the same SQL; InvoicesByKey
//     asks for the primary key alone.
//   - Law 7: numeric comes as text and becomes a decimal.
//   - Law 8: stamps stay the wall clock they are (timestamp without time zone).
//   - Law 11: the driver's texts are replaced, see errors.go.
//
// # How the ERP's documents are understood
//
//   - Sales documents have IsSOTrx = Y and base type ARI (invoice) or ARC (credit
//     memo). ARF (pro forma) and the purchase side are out of scope. Orders are
//     never read as documents: completing one makes its invoice. A draft has
//     document type 0, and the one it is going to have in C_DocTypeTarget_ID.
//   - Status DR IP IN AP NA WP WC is the buffer: editable and deletable. CO and CL
//     are released, VO and RE cancelled. A status that is none of these counts as
//     buffered, and Check warns. DocAction is the next button, not history: never
//     read. iDempiere may re-activate a released document: it comes back buffered.
//   - A credit memo is stored with positive amounts; the third letter of its type
//     says that they mean the opposite. It corrects the document named in
//     RelatedInvoice_ID where the schema has that column (iDempiere) and it is
//     filled; else it stands alone (Return). There is no link from line to line:
//     Line.Corrects stays empty, and the ledger matches by item.
//   - An invoice with a negative total is also a Return.
//   - A reversal is a pair: the original and a copy with negated lines, both in
//     status RE. Both become cancelled; the copy's key is attribute "reversal" of
//     the original, and the other way round. Compiere 3 keeps that link in the
//     description only.
//   - LineNetAmt is gross, despite its name, when IsTaxIncluded = Y. Net and gross
//     of a line follow from it and the tax's rate, rounded half up to the
//     currency's StdPrecision; a summary tax has the sum of its parts' rates. The
//     stored tax of a line is often empty and not used.
//   - A document's gross is GrandTotal; its net is that less the taxes of
//     C_InvoiceTax, or, before these exist, the sum of its lines. Tax rounded per
//     document may differ from the lines' by some hundredths.
//   - Both dates of a document are DateInvoiced, without its time of day: a date of
//     sale of its own does not exist.
//   - The buyer is the invoice's partner, which the ERP takes from the order's bill-to
//     partner. The recipient is the partner of the order, the payer the order's
//     Pay_BPartner_ID; without order or entry, the buyer.
//   - A line has an item, or a charge (kind charge, its name also standing for the
//     code), or only text: the last is left out unless it has an amount. Items of
//     type S, R and E (service, resource, expense) are services. Returnable packaging
//     is not marked in this ERP.
//   - An item's group is the path of its category's search keys.
//   - The email of a partner is that of its contact with the lowest key, the phone
//     that of its first bill-to address, else of a contact. Contacts are users
//     (AD_User); their mobile number (Phone2) goes before the other. Partners marked
//     one-time, and the cash customer of any till (C_POS), are anonymous.
//   - The store is the organisation's search key; organisation 0 is none.
//   - The state of payment is part of the digest, because the ERP may change it
//     without a new stamp. Names looked up in other tables are not: renaming an
//     item does not touch old documents.
//
// # What is inferred, and where to set it
//
//   - The stamps are taken by the application server in its own zone, which the
//     database does not record: Config.Timezone. Now is the database's clock in
//     that zone; several servers with clocks apart are covered by the overlap.
//   - Which company is meant, when only one has invoices: Config.Tenant.
//   - No known version has an index on C_Invoice.Updated: each page scans the
//     headers. From 200,000 documents Check asks for one.
package compiere
