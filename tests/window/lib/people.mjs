// Invented citizens of the practice environment (crates/practice/src/persons.rs): number, name, and
// for a mailbox its address there.

export const DIGIPOST = { number: "06925115949", name: "Rask Elveos", mailbox: "rask.elveos#5949" };
export const EBOKS = { number: "27914108158", name: "Blid Solgløtt", mailbox: "blid.solglott#8158" };
export const MOBILE_ONLY = { number: "04917943961", name: "Mobil Fjellrype", mailbox: "mobil.fjellrype#3961" };
export const EMAIL_ONLY = { number: "09822829500", name: "Skriftlig Svaberg", mailbox: "skriftlig.svaberg#9500" };
export const RESERVED = { number: "02825777442", name: "Reservert Granskog" };
export const RETURNED = { number: "20910302796", name: "Hjemvendt Trekkfugl" };
export const DELETED = { number: "14902879154", name: "Borte Høstløv" };
export const CONTRADICTED = { number: "02914982319", name: "Dobbel Bekkestein" };
export const SILENT_REGISTER = { number: "19893064152", name: "Stille Tåkefjell" };
export const WITHOUT_CERTIFICATE = { number: "19864141644", name: "Nøkkelløs Rognebær" };
