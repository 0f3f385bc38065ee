//! Serves the hook tenant.provision: a plugin prepares what a new tenant needs elsewhere and gives back references to it.
//! It is asked until it answers; an error asks for another attempt later. The run of a call stays the same over all
//! attempts, so it can serve as the idempotency key of what is made.

use crate::serving::{data, serves};

pub use crate::wire::{TenantProvision as Tenant, TenantReferences as References};

impl References {
    /// References by their names.
    pub fn of<const N: usize>(pairs: [(&str, &str); N]) -> Self {
        let pairs = pairs.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        References { references: Some(pairs.collect()) }
    }
}

serves! { TenantProvision: Handler(Tenant) -> References, serve, data }
