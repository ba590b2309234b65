// Package optima reads sales documents, contractors and their people from the
// company database of Comarch ERP Optima on SQL Server 2012 and later. (Comarch
// ERP XL uses the same schema name with other tables: not this.)
//
// # How it works
//
// [Open] reads the system catalog, to learn which optional columns there are, and
// Optima's own record of the database (CDN.SystemCDN). The statements are the
// files of folder sql, written for a database administrator to read; text/template
// fills only the gaps for optional columns and the classes of documents. @ids
// becomes a list of integer parameters, of one of four lengths, so that the server
// keeps few plans; longer lists are asked in parts.
//
// A page of documents is: the keys by (stamp, key), from an index that holds both,
// which alone decide where the pass goes on; then the headers and everything that
// belongs to them, by their keys, one statement for each table (lines, attributes,
// links, the catalogue of items); then the headers again. A document that was saved in between is read again before the
// page is given out, with the stamp it was listed by. Under SNAPSHOT isolation,
// where the database allows it, none is.
//
// The digest of a document is computed here, from the same columns in Keys and in
// Invoices.
//
// # Laws kept here
//
//   - Law 4: single SELECTs, in a transaction that is rolled back, over at most two
//     connections. Check tells what the login could write.
//   - Law 5: a document's key is TrN_TrNID, which is unique over all classes; its
//     class is TrN_TypDokumentu. Numbers are used again after a cancellation.
//   - Law 6: Keys and Invoices make the digest alike; InvoicesByKey asks for the
//     primary key alone. While Optima converts its database, which takes tables
//     away and locks them, every failure is transient, and so is the end of a
//     listing or a key that finds nothing: nothing counts as deleted.
//   - Law 7: decimal columns come as text and become decimals.
//   - Law 8: datetime counts 1/300 s. Stamps are what it shows, to the millisecond;
//     bounds between two of its values are moved to the right one.
//   - Law 11: texts of the driver are replaced by package sqlserver.
//
// # How the ERP's documents are understood
//
//   - State: TrN_Anulowany other than 0, or TrN_Bufor -1, is cancelled; 1 is the
//     buffer, 0 released. Anything else counts as the buffer, and Examine tells. A
//     document may go back to the buffer, and one in the buffer may be deleted.
//   - Dates are midnights. The time of a document is that of its entry (TrN_TS_Zal),
//     when it was entered on the day of issue; others have none.
//   - A line's discount is TrE_Rabat, percent below its initial price; that a discount
//     on the whole document is spread over the lines is inferred.
//   - Corrections have the class of their original, name it in TrN_ZwrId, and hold
//     signed differences, line by line (TrE_ZwrId). Several corrections of one
//     document all name the original.
//   - A correction without TrN_ZwrId changes a document that this database never
//     had. That earned nothing here, so it counts for nothing; Config.Outside lets
//     it take points back by its value.
//   - A collective correction (302010) names neither items nor originals. It is a
//     return by value: its totals, one line for each rate of VAT, without an item,
//     so that rules on the whole bill take points back and rules on items do not.
//     Config.Collective may ignore it: then a discount given afterwards leaves the
//     points of the full price.
//   - A receipt (305) and the invoice (302) made of it are one sale. Where both are
//     read the invoice counts, because a receipt often names no buyer, and
//     corrections name the invoice. The receipt stays in the listings and gives its
//     points back (NotCounted) from the moment it names the invoice; if the invoice
//     is cancelled, the receipt counts again. Where only one of the two
//     names the other, that one does not count, so that one always does. With
//     Config.Receipts receipt it is the other way round: the receipt counts for the
//     parties of the invoice, whose corrections then correct the receipt (the first
//     one of several); their lines meet its lines by item code. Where one class is read alone, it always counts.
//   - Advance invoices (302200) and the final one (302009): the final one counts,
//     as in Comarch's own reports. If it held only the rest, the points of the
//     advances would be missing, which people see and a setting mends; counting
//     both by default would double points where it holds everything.
//     Config.Advances: final, advance or both.
//   - TrE_Aktywny 0 marks lines whose sale another document shows. They are left out
//     of a document that has active lines, and count in one that has none, as in
//     an invoice made of a receipt: Config.InactiveLines.
//   - Policies give NotCounted, never OutOfScope, so that documents are scored anew
//     when a setting changes. Only other classes are out of scope: their points stay,
//     but for a receipt or an invoice whose sale is counted by the other one, since
//     Config.Documents has that alone.
//   - Amounts are in the document's currency: TrN_Waluta is empty for PLN. The rate
//     is TrN_KursL for TrN_KursM units.
//   - Deposits (TrE_Kaucja), components of complex services (TrE_UslugaZlozonaId)
//     and services (TrE_TwrTyp 0) are marked as such; a line without an item is a
//     charge.
//   - The parties are buyer (TrN_PodID), recipient (TrN_OdbID) and payer
//     (TrN_PlatnikID), if they are contractors (type 1): employees are nobody.
//   - Issued is TrN_DataWys, sold TrN_DataOpe. Years before 1901 are no date.
//   - The store is the source warehouse's symbol, the external number that of KSeF.
//   - An item's group is the path of codes of the group it is filed under
//     (Twr_TwGGIDNumer). Others it belongs to are the line's attribute "groups",
//     paths joined by "; ".
//   - Attributes go by the codes that people gave them; several values of one are
//     joined by "; ". Numbers get a decimal point, dates are 2006-01-02. Those of
//     items are attributes of lines, and those of lines win over them. Attributes
//     made of columns have English names in small letters: of documents kind (of
//     those that name no original, when it is not the plain one), definition, category, description, external_number,
//     original_number, operator; of lines ean, catalogue_number, brand, producer,
//     groups; of contractors regon, ean, gln, url, phone2, sms, country, province,
//     county, municipality, city, postal, post, street, house, flat, address2,
//     retail, blocked, supplier, partner, prospect, head, parent, recipient,
//     manager; of people position, phone, sms, city, postal, street, house, flat,
//     shop_email.
//   - Contractors: code and name may be edited, the key is Knt_KntId. One that was
//     made anonymous keeps key, code, group and country only, a person the key. One that was merged
//     names the last of a chain of merges, also when its own row is gone.
//   - People ("przedstawiciele", CDN.KntOsoby): KnO_Nazwisko is the whole name. The
//     phone is the mobile's, else the one for SMS, else the other. Consents are
//     those of the newest row of the register that was not withdrawn.
//   - A document is paid when Config.Settlement says so.
//
// The digest covers what decides points and the document's attributes, not names
// looked up elsewhere: renaming an item does not touch old documents.
//
// # What is inferred, and where to set it
//
//   - Which contractors stand for nobody: Config.Anonymous, AnonymousIDs.
//   - That each row of the history of merges (CDN.KntScalHist), whatever its table,
//     says that a contractor was merged into another: MergeTable takes one table only.
//   - The kinds of advances, final invoices, collective corrections and
//     corrections from elsewhere: AdvanceKinds, FinalKinds, CollectiveKinds,
//     OutsideKinds.
//   - Which side of a receipt and its invoice is marked as not active:
//     InactiveLines. That a receipt's own row names its invoice (TrN_FaId or
//     CDN.TraNagRelacje): Examine counts those of which it is not true.
//   - That KnO_Mailing is consent to e-mail: not taken, unless ConsentFlags says so.
//   - That releasing, cancelling and linking a document changes its stamp. Where it
//     does not, the sweep finds it.
//   - That stamps are local time by the server's clock: Config.Timezone and the
//     warning of Check when the two differ.
package optima
