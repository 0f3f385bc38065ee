//! Speaks to the origins that the operator granted, at the hooks that may call out. There are no redirects, cookies or
//! proxies, and a secret is put into a request by the host: a plugin names it and never sees it. A plugin that uses this
//! module asks for the capability http in its manifest.

use crate::capability::{ask, import};
use crate::{Call, Refused};

pub use crate::wire::{HttpAuth as Auth, HttpRequest as Request, HttpResponse as Response};

import! { "usher:http/v1": FETCH = lent_fetch "fetch" }

/// Makes one exchange.
pub fn fetch(call: &Call, request: &Request) -> Result<Response, Refused> {
    ask(call, &FETCH, request)
}
