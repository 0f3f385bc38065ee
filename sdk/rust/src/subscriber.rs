//! Serves the hook event.deliver: a plugin takes the events of tenants, in their order, each at least once. Without an
//! acknowledgement, or after an error, an event comes again.

use crate::serving::{data, serves};

pub use crate::wire::{EventDeliver as Event, EventDelivered as Receipt};

impl Receipt {
    /// Says that the plugin has the event.
    pub fn taken() -> Self {
        Receipt { acknowledged: true, retry_after_s: 0 }
    }

    /// Asks for the event again, after that many seconds if not 0.
    pub fn later(seconds: i64) -> Self {
        Receipt { acknowledged: false, retry_after_s: seconds }
    }
}

serves! { EventDeliver: Handler(Event) -> Receipt, serve, data }
