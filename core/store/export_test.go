package store

// ReadOutboxSQL is the statement of ReadOutbox, to look at its plan.
const ReadOutboxSQL = readOutbox

// ReadLedgerSQL is the statement of PluginLedger.
const ReadLedgerSQL = ledgerSQL
