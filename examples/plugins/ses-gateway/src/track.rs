//! The events are those that SES publishes to EventBridge, which posts them here
//! (https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html has what is in them).

use crate::snake;
use usher::tracker::{deny, reports, Callback, Report, Status, Verdict};
use usher::{json, secret, Call, Error};

/// What the header of a callback must be the HMAC of, under the secret callbacks: EventBridge signs nothing, but sends a
/// header of the operator's choice along. The README says how to make its value.
const PROOF: &str = "ses-gateway";

/// Believes an event that brings the proof, and tells what it says of a mail.
pub fn handle(call: &Call, c: &Callback) -> Result<Verdict, Error> {
    let proof = c.headers.get("x-usher-callback").copied().unwrap_or_default();
    if !secret::verify(call, "callbacks", PROOF, proof)? {
        return Ok(deny());
    }
    let event = json::raw(c.body, &["detail"]);
    let kind = json::text(event, &["eventType"]);
    let mail = json::text(event, &["mail", "messageId"]);
    if kind.is_empty() || mail.is_empty() {
        return Err("the event has no detail.eventType or no detail.mail.messageId".into());
    }
    let said = |of: &str, name: &str| json::text(event, &[of, name]);
    let (status, reason, at) = match kind.as_str() {
        "Delivery" => (Status::Delivered, String::new(), said("delivery", "timestamp")),
        "DeliveryDelay" => (Status::Deferred, said("deliveryDelay", "delayType"), said("deliveryDelay", "timestamp")),
        "Bounce" if said("bounce", "bounceType") == "Transient" => {
            (Status::Deferred, said("bounce", "bounceSubType"), said("bounce", "timestamp"))
        }
        "Bounce" => (Status::Bounced, said("bounce", "bounceSubType"), said("bounce", "timestamp")),
        "Reject" => (Status::Bounced, "Rejected".into(), String::new()),
        "Complaint" => (Status::Complained, said("complaint", "complaintFeedbackType"), said("complaint", "timestamp")),
        _ => return Ok(reports(Vec::new())), // it was sent, opened, clicked on
    };
    Ok(reports(vec![Report { provider_id: mail, status, reason: snake(&reason), at, ..Report::default() }]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use usher::testing::Host;

    fn told(body: &str, proof: &str) -> Result<Verdict, Error> {
        let host = Host::new().secret("callbacks", "c");
        handle(&host.call(), &Callback { headers: [("x-usher-callback", proof)].into(), body, ..Callback::default() })
    }

    #[test]
    fn events() {
        let proof = secret::hmac(&Host::new().secret("callbacks", "c").call(), "callbacks", PROOF).unwrap();
        for (detail, status, reason) in [
            (r#""eventType":"Delivery","delivery":{"timestamp":"2030-01-10T12:00:03.5Z"}"#, Status::Delivered, ""),
            (r#""eventType":"Bounce","bounce":{"bounceType":"Permanent","bounceSubType":"NoEmail"}"#, Status::Bounced, "no_email"),
            (r#""eventType":"Bounce","bounce":{"bounceType":"Transient","bounceSubType":"MailboxFull"}"#, Status::Deferred, "mailbox_full"),
            (r#""eventType":"DeliveryDelay","deliveryDelay":{"delayType":"SpamDetected"}"#, Status::Deferred, "spam_detected"),
            (r#""eventType":"Complaint","complaint":{"complaintFeedbackType":"abuse"}"#, Status::Complained, "abuse"),
            (r#""eventType":"Reject""#, Status::Bounced, "rejected"),
        ] {
            let body = format!(r#"{{"detail":{{{},"mail":{{"messageId":"m-1"}}}}}}"#, detail);
            match told(&body, &proof).unwrap() {
                Verdict::Change(got) => {
                    assert_eq!((got.reports[0].status.clone(), got.reports[0].reason.as_str()), (status, reason), "{}", body);
                    assert_eq!(got.reports[0].provider_id, "m-1");
                }
                other => panic!("{}: {:?}", body, other),
            }
        }
        assert_eq!(told(r#"{"detail":{"eventType":"Open","mail":{"messageId":"m-1"}}}"#, &proof).unwrap(), reports(Vec::new()));
        assert!(told("not JSON", &proof).unwrap_err().to_string().contains("no detail.eventType"));
        assert_eq!(told("not JSON", "00").unwrap(), deny());
    }
}
