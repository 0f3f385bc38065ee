
/* ---- Capabilities ---- */

/* usher_refused is why a capability did not do what was asked; it did where the status is 0. */
typedef struct usher_refused {
  enum usher_status status;
  usher_text capability; /* such as usher:http/v1.fetch */
  usher_text reason;     /* stable, snake_case */
  usher_text detail;
} usher_refused;

/* usher_temporary tells whether the same may work later: it was tried and failed, or a limit was in the way. */
static inline bool usher_temporary(usher_refused r) { return r.status == USHER_STATUS_FAILED || r.status == USHER_STATUS_OVER; }

/* usher_refused_text says it in one line, as the reason of a failure for example. */
USHER_ONCE usher_text usher_refused_text(usher_refused r) {
  return usher_join(r.capability, USHER_TEXT(": "), r.reason, r.detail.len ? USHER_TEXT(": ") : (usher_text){0}, r.detail);
}

/* usher_use asks a capability, and goes to the answer that it gave. */
USHER_ONCE usher_refused usher_use(usher_text name, usher_result (*ask)(const char *, uint32_t), const usher_buffer *request, usher_reader *answer) {
  const usher_result result = ask(request->at, request->len);
  const uint32_t len = usher_length_of(result);
  char *const place = usher_alloc(len);
  *answer = (usher_reader){place, place + usher_result_read(place, 0, len), {0}, false, true};
  usher_refused r = {usher_status_of(result), name, {0}, {0}};
  if (r.status == USHER_STATUS_OK) return r;
  usher_refusal why;
  usher_read_refusal(answer, &why);
  r.reason = why.reason.len ? why.reason : USHER_TEXT("refused");
  r.detail = why.detail;
  return r;
}

/* usher_judge refuses an answer that breaks the contract. */
static inline usher_refused usher_judge(usher_refused r, const usher_reader *answer) {
  if (r.status == USHER_STATUS_OK && answer->bad) {
    r.status = USHER_STATUS_FAILED;
    r.reason = USHER_TEXT("unreadable_answer");
  }
  return r;
}

/* usher_fetch makes one exchange with an origin that the operator granted; any status of the other side is a response. */
static inline usher_refused usher_fetch(const usher_http_request *request, usher_http_response *response) {
  usher_buffer b = {0};
  usher_reader answer;
  *response = (usher_http_response){0};
  usher_put_http_request(&b, request);
  const usher_refused r = usher_use(USHER_TEXT("usher:http/v1.fetch"), usher_http_fetch, &b, &answer);
  if (r.status == USHER_STATUS_OK) usher_read_http_response(&answer, response);
  return usher_judge(r, &answer);
}

/* usher_entry_get gives the value of a key: nothing when there is none, or not any more. */
static inline usher_refused usher_entry_get(usher_text key, usher_text *value) {
  usher_buffer b = {0};
  usher_reader answer;
  usher_kv_value kept = {0};
  *value = (usher_text){0};
  usher_put_kv_key(&b, &(usher_kv_key){.key = key});
  const usher_refused r = usher_use(USHER_TEXT("usher:kv/v1.get"), usher_kv_get, &b, &answer);
  if (r.status == USHER_STATUS_NOT_FOUND) return (usher_refused){0};
  if (r.status == USHER_STATUS_OK) usher_read_kv_value(&answer, &kept);
  *value = kept.value;
  if (r.status == USHER_STATUS_OK && !value->at) value->at = "";
  return usher_judge(r, &answer);
}

/* usher_entry_put keeps a value for that many seconds, or as long as the host allows when 0, in the place of the one before. */
static inline usher_refused usher_entry_put(usher_text key, usher_text value, int64_t seconds) {
  usher_buffer b = {0};
  usher_reader answer;
  usher_put_kv_entry(&b, &(usher_kv_entry){.key = key, .value = value, .ttl_s = seconds});
  return usher_use(USHER_TEXT("usher:kv/v1.put"), usher_kv_put, &b, &answer);
}

/* usher_entry_delete forgets a key; one that is not there is fine. */
static inline usher_refused usher_entry_delete(usher_text key) {
  usher_buffer b = {0};
  usher_reader answer;
  usher_put_kv_key(&b, &(usher_kv_key){.key = key});
  return usher_use(USHER_TEXT("usher:kv/v1.delete"), usher_kv_delete, &b, &answer);
}

static inline usher_refused usher_ask_hmac(const usher_hmac_request *request, usher_hmac_result *result) {
  usher_buffer b = {0};
  usher_reader answer;
  *result = (usher_hmac_result){0};
  usher_put_hmac_request(&b, request);
  const usher_refused r = usher_use(USHER_TEXT("usher:secret/v1.hmac"), usher_secret_hmac, &b, &answer);
  if (r.status == USHER_STATUS_OK) usher_read_hmac_result(&answer, result);
  return usher_judge(r, &answer);
}

/* usher_hmac gives the HMAC-SHA-256 of a message under a secret that the operator gave, in hexadecimal. */
static inline usher_refused usher_hmac(usher_text secret, usher_text message, usher_text *hexadecimal) {
  usher_hmac_result result;
  const usher_refused r = usher_ask_hmac(&(usher_hmac_request){.secret = secret, .message = message}, &result);
  *hexadecimal = result.hmac;
  return r;
}

/* usher_verify tells whether an HMAC-SHA-256 in hexadecimal is that of the message. The host compares in constant time. */
static inline usher_refused usher_verify(usher_text secret, usher_text message, usher_text mac, bool *genuine) {
  *genuine = false;
  if (mac.len == 0) return (usher_refused){0}; /* an empty one would ask for the HMAC */
  usher_hmac_result result;
  const usher_refused r = usher_ask_hmac(&(usher_hmac_request){.secret = secret, .message = message, .expect = mac}, &result);
  *genuine = result.equal;
  return r;
}

static inline usher_refused usher_report(const usher_metric *metric) {
  usher_buffer b = {0};
  usher_reader answer;
  usher_put_metric(&b, metric);
  return usher_use(USHER_TEXT("usher:telemetry/v1.metric"), usher_telemetry_metric, &b, &answer);
}

/* usher_count adds to a counter that the manifest declares, usher_record records a value in a histogram. */
static inline usher_refused usher_count(usher_text name, double by, usher_map labels) {
  return usher_report(&(usher_metric){.name = name, .kind = {USHER_METRIC_KIND_COUNTER, {0}}, .value = by, .labels = labels});
}

static inline usher_refused usher_record(usher_text name, double value, usher_map labels) {
  return usher_report(&(usher_metric){.name = name, .kind = {USHER_METRIC_KIND_HISTOGRAM, {0}}, .value = value, .labels = labels});
}

/* usher_span_begin begins a span below the one begun last. */
static inline usher_refused usher_span_begin(usher_text name, usher_map attributes) {
  usher_buffer b = {0};
  usher_reader answer;
  usher_put_span(&b, &(usher_span){.name = name, .attributes = attributes});
  return usher_use(USHER_TEXT("usher:telemetry/v1.span_start"), usher_telemetry_span_start, &b, &answer);
}

/* usher_span_close ends the span begun last; failed marks it as an error. Spans that are open when the call ends are ended then. */
static inline usher_refused usher_span_close(bool failed) {
  usher_buffer b = {0};
  usher_reader answer;
  usher_put_span_end(&b, &(usher_span_end){.error = failed});
  return usher_use(USHER_TEXT("usher:telemetry/v1.span_end"), usher_telemetry_span_end, &b, &answer);
}
