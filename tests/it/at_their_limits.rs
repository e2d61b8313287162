//! Every input at the limits of `/openapi.json`, one past them, and at extremes, on things that exist. At the limit accepted, past
//! it refused, never an internal error. Not here: malformed bodies (bad_input.rs), random ones (fuzz.rs).

use crate::reader::Office;
use crate::support::{Answer, Client, blank_png, eventually};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::Cursor;

/// Longer lists are tried by bytes instead.
const ITEMS_MAX: u64 = 10_000;
/// Of a query; addresses have a limit of their own.
const QUERY_BYTES_MAX: usize = 16_000;

const LIKE_MONEY: [&str; 8] = ["head", "date", "time", "id_card", "detail", "money_cn", "invoice_id", "invoice_code"];

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Field(String),
    Item,
    Entry,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Any,
    /// At its limit.
    Taken,
    Refused,
}

struct Document(Value);

impl Document {
    /// Resolves references; of alternatives, an object is preferred.
    fn meant(&self, schema: &Value) -> Value {
        if let Some(name) = schema["$ref"].as_str() {
            return self.meant(self.0.pointer(name.trim_start_matches('#')).unwrap());
        }
        if let Some(any) = schema["anyOf"].as_array() {
            let all: Vec<Value> = any.iter().map(|one| self.meant(one)).collect();
            return all.iter().find(|one| one["type"] == "object").unwrap_or(&all[0]).clone();
        }
        schema.clone()
    }

    fn kind(schema: &Value) -> &str {
        match &schema["type"] {
            // A serial is text or a number.
            Value::Array(_) => "string",
            other => other.as_str().unwrap_or(""),
        }
    }

    /// Every value in a body, at any depth.
    fn places(&self, schema: &Value, way: &mut Vec<Step>, found: &mut Vec<(Vec<Step>, Value)>) {
        let schema = self.meant(schema);
        found.push((way.clone(), schema.clone()));
        let mut enter = |step: Step, inner: &Value| {
            way.push(step);
            self.places(inner, way, found);
            way.pop();
        };
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            // One area stands for all of its kind.
            if LIKE_MONEY.contains(&name.as_str()) && schema["properties"].get("global_setting").is_some() {
                continue;
            }
            enter(Step::Field(name.clone()), inner);
        }
        if schema["additionalProperties"].is_object() {
            enter(Step::Entry, &schema["additionalProperties"]);
        }
        if schema["items"].is_object() {
            enter(Step::Item, &schema["items"]);
        }
    }

    /// `n` varies the value.
    fn ordinary(&self, schema: &Value, name: &str, known: &BTreeMap<String, Value>, n: usize) -> Value {
        let schema = self.meant(schema);
        if let Some(value) = known.get(name).filter(|value| n == 0 || value.is_number()) {
            return value.clone();
        }
        if let Some(value) = schema.get("const").or_else(|| schema["enum"].get(n % schema["enum"].as_array().map_or(1, Vec::len))) {
            return value.clone();
        }
        if let Some(time) = schema["examples"].get(0) {
            return time.clone();
        }
        match Self::kind(&schema) {
            "string" => {
                let text = if n == 0 { name.to_owned() } else { format!("{n:08}") };
                let least = schema["minLength"].as_u64().unwrap_or(0) as usize;
                json!(format!("{text:x<least$}"))
            }
            "integer" | "number" => json!(schema["minimum"].as_i64().unwrap_or(1).max(1)),
            "boolean" => json!(true),
            "array" => json!([self.ordinary(&schema["items"], name, known, n)]),
            "object" => {
                let required = schema["required"].as_array().cloned().unwrap_or_default();
                let mut names: Vec<&str> = required.iter().map(|name| name.as_str().unwrap()).collect();
                // Only so many serials are allotted.
                if n > 0 && schema["properties"].get("DeviceSN").is_some() {
                    names.push("DeviceSN");
                }
                let one = |name: &str| (name.to_owned(), self.ordinary(&schema["properties"][name], name, known, n));
                Value::Object(names.into_iter().map(one).collect())
            }
            _ => Value::Null,
        }
    }

    /// `n` varies the value.
    fn most(&self, schema: &Value, name: &str, known: &BTreeMap<String, Value>, n: usize) -> Value {
        let schema = self.meant(schema);
        if let Some(values) = schema["enum"].as_array() {
            return values.last().unwrap().clone();
        }
        match Self::kind(&schema) {
            "string" if schema.get("examples").is_none() => {
                let length = schema["maxLength"].as_u64().unwrap_or(300) as usize;
                json!(format!("{n}{}", "a".repeat(length - n.to_string().len())))
            }
            "integer" | "number" => schema["maximum"].clone(),
            "array" => {
                let items = schema["maxItems"].as_u64().unwrap_or(50).min(ITEMS_MAX) as usize;
                (0..items).map(|n| self.most(&schema["items"], name, known, n)).collect()
            }
            "object" if schema["properties"].is_object() => {
                let properties = schema["properties"].as_object().unwrap().iter();
                Value::Object(properties.map(|(name, inner)| (name.clone(), self.most(inner, name, known, n))).collect())
            }
            "object" => self.entries(&schema, schema["maxProperties"].as_u64().unwrap_or(50) as usize),
            _ => self.ordinary(&schema, name, known, n),
        }
    }

    fn entries(&self, schema: &Value, number: usize) -> Value {
        let name = schema["propertyNames"]["maxLength"].as_u64().unwrap_or(64) as usize;
        let value = self.most(&schema["additionalProperties"], "", &BTreeMap::new(), 0);
        Value::Object((0..number).map(|n| (format!("{n:汉>name$}"), value.clone())).collect::<Map<_, _>>())
    }

    /// `base` with `value` at the path; creates what lies between.
    fn with(
        &self,
        base: Option<&Value>,
        schema: &Value,
        name: &str,
        way: &[Step],
        value: &Value,
        known: &BTreeMap<String, Value>,
    ) -> Value {
        let schema = self.meant(schema);
        let made = || self.ordinary(&schema, name, known, 0);
        match way.split_first() {
            None => value.clone(),
            Some((Step::Field(field), rest)) => {
                let mut object = base.filter(|base| base.is_object()).cloned().unwrap_or_else(made);
                let inner = self.with(object.get(field), &schema["properties"][field], field, rest, value, known);
                object[field] = inner;
                object
            }
            Some((Step::Item, rest)) => {
                json!([self.with(base.and_then(|base| base.get(0)), &schema["items"], "", rest, value, known)])
            }
            Some((Step::Entry, rest)) => {
                let mut object = base.filter(|base| base.is_object()).cloned().unwrap_or_else(made);
                object["客户名称"] = self.with(None, &schema["additionalProperties"], name, rest, value, known);
                object
            }
        }
    }

    fn cases(&self, schema: &Value, name: &str, known: &BTreeMap<String, Value>, body_bytes: usize) -> Vec<(Value, Fate)> {
        let mut cases: Vec<(Value, Fate)> = Vec::new();
        let ends = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX].map(Value::from);
        let others = ["1e308", "-1e308", "5e-324", "-0.0", "18446744073709551615", "18446744073709551616", "1e400"];
        let numbers = ends.into_iter().chain(others.iter().filter_map(|text| serde_json::from_str(text).ok()));
        match Self::kind(schema) {
            "string" => {
                for letter in ["a", "汉", "😀", "\u{202E}", "\u{1}"] {
                    if let Some(most) = schema["maxLength"].as_u64() {
                        // Some texts lose invisible characters.
                        let (fate, past) = match letter {
                            "a" => (Fate::Taken, Fate::Refused),
                            "汉" | "😀" => (Fate::Any, Fate::Refused),
                            _ => (Fate::Any, Fate::Any),
                        };
                        cases.push((json!(letter.repeat(most as usize)), fate));
                        cases.push((json!(letter.repeat(most as usize + 1)), past));
                    } else {
                        let room = (body_bytes / 2).min(60_000);
                        cases.push((json!(letter.repeat(room / letter.len())), Fate::Any));
                    }
                }
                if let Some(least) = schema["minLength"].as_u64() {
                    cases.push((json!("a".repeat(least as usize)), Fate::Taken));
                    if least > 1 {
                        cases.push((json!("a".repeat(least as usize - 1)), Fate::Refused));
                    }
                }
                cases.extend(["", " ", "\0", "'\"<>&%00../"].map(|text| (json!(text), Fate::Any)));
                cases.extend(
                    ["9999-12-31", "9999-12-31 23:59:59", "0000-01-01", "-9999-01-01", "9999-12-31T23:59:59Z"]
                        .map(|t| (json!(t), Fate::Any)),
                );
                cases.push((json!(u64::MAX), Fate::Any));
            }
            kind @ ("integer" | "number") => {
                let (least, most) = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
                for edge in [least, most].into_iter().flatten() {
                    cases.push((json!(edge), Fate::Taken));
                    cases.push((json!(edge.to_string()), Fate::Taken));
                }
                let past = [least.and_then(|n| n.checked_sub(1)), most.and_then(|n| n.checked_add(1))];
                cases.extend(past.into_iter().flatten().map(|n| (json!(n), Fate::Refused)));
                if kind == "number" {
                    cases.extend(most.map(|most| (json!(most as f64 + 0.001), Fate::Refused)));
                }
                cases.extend(numbers.map(|number| (number, Fate::Any)));
                cases.push((json!("9223372036854775808"), if most.is_some() { Fate::Refused } else { Fate::Any }));
            }
            "array" => {
                let one = |n: usize| {
                    let mut item = self.ordinary(&schema["items"], name, known, n);
                    if name == "elements" {
                        // Codes that lie on each other can't be read.
                        for (field, mm) in [("x_mm", n % 7 * 42), ("y_mm", n / 7 * 36), ("w_mm", 40), ("h_mm", 20)] {
                            item[field] = json!(mm);
                        }
                    }
                    item
                };
                let of = |number: usize| -> Value { (1..=number).map(one).collect() };
                if let Some(most) = schema["maxItems"].as_u64().filter(|most| *most <= ITEMS_MAX) {
                    cases.push((of(most as usize), Fate::Taken));
                    cases.push((of(most as usize + 1), Fate::Refused));
                }
                if schema["minItems"].as_u64() == Some(1) {
                    cases.push((json!([]), Fate::Refused));
                }
                cases.push((json!([]), Fate::Any));
                cases.push((json!([null]), Fate::Any));
                cases.push((json!([[[[[]]]]]), Fate::Any));
            }
            "object" if schema["additionalProperties"].is_object() => {
                if let Some(most) = schema["maxProperties"].as_u64() {
                    cases.push((self.entries(schema, most as usize), Fate::Any));
                    cases.push((self.entries(schema, most as usize + 1), Fate::Refused));
                }
                cases.push((json!({ "字".repeat(5_000): "x" }), Fate::Any));
            }
            _ => cases.extend(numbers.map(|number| (number, Fate::Any))),
        }
        cases.extend([json!(null), json!({}), json!(true), json!([])].map(|value| (value, Fate::Any)));
        cases.extend(schema["enum"].as_array().into_iter().flatten().map(|value| (value.clone(), Fate::Any)));
        cases
    }
}

/// Recreated when a verb uses them up.
struct Works {
    office: Office,
    invoice: u64,
    known: BTreeMap<String, Value>,
    settings: Value,
    picture: Vec<u8>,
    made: usize,
}

impl Works {
    fn open() -> Self {
        let mut office = Office::open();
        let admin = office.admin.clone();
        let settings = admin.get("/api/settings").body;
        // So that serials are limited by length alone.
        assert_eq!(admin.patch("/api/settings", &json!({ "device_sn_pattern": "" })).status, 200);
        let origin = admin.upload("/invoice/uploadModelOrigin", &[("o.png", &blank_png(400, 300))]).body["file_name"].clone();
        let [invoice, retried] = [(); 2].map(|()| office.invoice(&[("金额", "¥20.00"), ("客户名称", "中山大学?0.5")]));
        let mut logo = Cursor::new(Vec::new());
        image::GrayImage::new(9, 9).write_to(&mut logo, image::ImageFormat::Png).unwrap();
        assert_eq!(admin.upload("/api/logo", &[("logo.png", &logo.into_inner())]).status, 200);
        let company = admin.post("/api/companies", &json!({ "company_name": "乙" })).body["company_id"].clone();
        let group = admin.post("/api/groups", &json!({ "group_name": "组", "permissions": [5] })).body["group_id"].clone();
        let user =
            admin.post("/api/users", &json!({ "user_name": "丙", "passwd": "long enough", "permissions": [5] })).body["user_id"]
                .clone();
        admin.post("/registerDevice", &json!({ "DeviceSN": "18470001", "CPUID": "A1" }));
        let known = [
            ("DeviceSN", json!("18470001")),
            ("DeviceSNList", json!(["18470001"])),
            ("printed", json!(["18470001"])),
            ("condition", json!("DeviceSN")),
            ("file_name", origin),
            ("url", office.get(invoice)["invoice_url"].clone()),
            ("model_id", json!(1)),
            ("invoice_ids", json!([retried])),
            ("company_id", company),
            ("group_id", group),
            ("user_id", user),
            ("fields", json!({ "客户名称": "北京大学" })),
            ("limit", json!(1)),
            ("x", json!(1)),
            ("y", json!(1)),
            ("width", json!(20)),
            ("height", json!(10)),
            ("x_mm", json!(0)),
            ("y_mm", json!(0)),
            ("w_mm", json!(1)),
            ("h_mm", json!(1)),
            ("width_mm", json!(300)),
            ("height_mm", json!(300)),
            ("kind", json!("text")),
            ("value", json!("{SN}")),
            ("timezone", json!("Asia/Shanghai")),
            ("decision", json!("duplicate")),
            ("cursor", json!(1)),
        ];
        let known = known.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { office, invoice, known, settings, picture: blank_png(33, 21), made: 0 }
    }

    fn admin(&self) -> Client {
        self.office.admin.clone()
    }

    fn number(&mut self) -> usize {
        self.made += 1;
        self.made
    }

    /// The path with an existing id, in the state the verb needs.
    fn path(&mut self, method: &str, path: &str) -> String {
        let (admin, n) = (self.admin(), self.number());
        let is = |prefix: &str| path.starts_with(prefix);
        let id = |answer: Answer, name: &str| answer.body[name].to_string();
        let uses_up = method == "DELETE";
        let id = if is("/api/devices/") {
            let sn = format!("D{n}");
            admin.post("/registerDevice", &json!({ "DeviceSN": sn, "CPUID": format!("C{n}") }));
            return path.replace("{sn}", &sn);
        } else if is("/invoice/image/") {
            let url = self.known["url"].as_str().unwrap();
            return url.to_owned();
        } else if is("/api/imports/") {
            let table = format!("DeviceSN,CPUID\r\nI{n},J{n}\r\n");
            id(admin.upload("/api/devices/import", &[("d.csv", table.as_bytes())]), "import_id")
        } else if is("/api/labels/{id}") {
            let look = json!({ "name": format!("L{n}"), "width_mm": 300, "height_mm": 300 });
            let made = admin.post("/api/labels", &look);
            // The last of a limited number.
            let last = || admin.get("/api/labels").body["labels"].as_array().unwrap().last().unwrap()["label_id"].clone();
            if made.status == 201 && uses_up { made.body["label_id"].to_string() } else { last().to_string() }
        } else if is("/api/conflicts/") {
            admin.post("/registerDevice", &json!({ "DeviceSN": "18470001", "CPUID": format!("OTHER{n}") }));
            admin.get("/api/conflicts").body["conflicts"][0]["conflict_id"].to_string()
        } else if is("/api/companies/") && uses_up {
            id(admin.post("/api/companies", &json!({ "company_name": format!("公司{n}") })), "company_id")
        } else if is("/api/groups/") && uses_up {
            id(admin.post("/api/groups", &json!({ "group_name": format!("组{n}") })), "group_id")
        } else if is("/api/users/") && uses_up {
            id(admin.post("/api/users", &json!({ "user_name": format!("人{n}"), "passwd": "long enough" })), "user_id")
        } else if is("/api/companies/") {
            self.known["company_id"].to_string()
        } else if is("/api/groups/") {
            self.known["group_id"].to_string()
        } else if is("/api/users/") {
            self.known["user_id"].to_string()
        } else if is("/api/tokens/") {
            id(admin.post("/api/tokens", &json!({ "name": format!("T{n}"), "permissions": [101] })), "token_id")
        } else if is("/api/queue/") && path.contains("{id}") {
            admin.post("/api/queue/pause", &json!({}));
            let sent = admin.upload("/invoice/recognizeImage", &[("w.png", &self.picture)]);
            sent.body["action_id_list"][0].to_string()
        } else if is("/api/models/{id}") {
            "1".to_owned()
        } else if path.contains("/retry") && path.contains("{id}") {
            self.office.invoice(&[("金额", "?0.5")]).to_string()
        } else if path.contains("{id}") {
            let invoice = self.invoice;
            admin.post(&format!("/api/invoices/{invoice}/restore"), &json!({}));
            admin.post(&format!("/api/faults/{invoice}/reopen"), &json!({}));
            invoice.to_string()
        } else {
            return path.to_owned();
        };
        path.replace("{id}", &id)
    }

    /// What a request needs though no field is declared required.
    fn beside(&self, path: &str) -> Value {
        match path {
            "/registerDevice" => json!({ "CPUID": "A1" }),
            "/search" => json!({ "DeviceSN": "18470001", "startTime": "2000-01-01", "endTime": "2999-01-01" }),
            "/invoice/getTwentyAction" => json!({ "startTime": "2000-01-01", "endTime": "2999-01-01" }),
            "/api/labels" => json!({ "name": "标签", "width_mm": 300, "height_mm": 300 }),
            "/api/labels/sent" => json!({ "DeviceSNList": ["18470001"] }),
            "/api/faults/retry" => json!({ "invoice_ids": self.known["invoice_ids"] }),
            "/invoice/addModel" => json!({ "file_name": self.known["file_name"] }),
            "/api/models/test" | "/api/template-drafts" => json!({ "file_name": self.known["file_name"] }),
            "/api/invoices/{id}" => json!({ "fields": { "客户名称": "北京大学" } }),
            _ => json!({}),
        }
    }

    fn put_right(&mut self, path: &str) {
        let admin = self.admin();
        if path == "/api/settings" {
            let mut first = self.settings.as_object().unwrap().clone();
            let fixed = self.settings["fixed"].as_array().unwrap();
            first.retain(|name, _| name != "version" && name != "fixed" && !fixed.iter().any(|f| f == name));
            first.insert("device_sn_pattern".into(), json!(""));
            let answer = admin.patch(path, &Value::Object(first));
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        if path.starts_with("/api/queue/") {
            admin.post("/api/queue/resume", &json!({}));
        }
        if path == "/api/users/{id}" {
            let user = self.known["user_id"].to_string();
            admin.patch(&format!("/api/users/{user}"), &json!({ "locked": false, "permissions": [5], "company_id": 1 }));
        }
    }
}

fn query(fields: &Value) -> String {
    let encoded = |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs = fields.as_object().unwrap().iter().map(|(name, value)| format!("{name}={}", encoded(&word(value))));
    pairs.collect::<Vec<_>>().join("&")
}

fn form(fields: &Value, file: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields.as_object().unwrap() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        body.extend(format!("--f\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n").bytes());
    }
    body.extend(b"--f\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n");
    body.extend(file);
    body.extend(b"\r\n--f--\r\n");
    body
}

const CODES: [&str; 9] =
    ["malformed", "unauthenticated", "forbidden", "not_found", "conflict", "too_large", "unsupported", "throttled", "unavailable"];

/// Internal error, refusal without words, or 503 without a time.
pub fn amiss(answer: &Answer) -> Option<String> {
    // The interface document's form.
    let is_locked = answer.status == 429 && answer.body["reqStatus"] == "locked";
    let has_words = answer.body["err"].as_str().is_some_and(|err| !err.is_empty())
        && answer.body["code"].as_str().is_some_and(|code| CODES.contains(&code));
    let is_well = match answer.status {
        0..400 => true,
        503 => has_words && !answer.header("retry-after").is_empty(),
        500.. => false,
        _ => is_locked || has_words,
    };
    let body = || String::from_utf8_lossy(&answer.bytes).chars().take(300).collect::<String>();
    (!is_well).then(|| format!("{} {}", answer.status, body()))
}

/// 503 is expected only for a backup right after another.
fn not_now(what: &str, answer: &Answer) -> Option<String> {
    (answer.status == 503 && !what.contains("/api/backup")).then(|| "not now".to_owned())
}

#[track_caller]
fn is_in_words(what: &str, answer: &Answer) {
    if let Some(why) = amiss(answer).or_else(|| not_now(what, answer)) {
        panic!("{what}: {why}");
    }
}

struct Operation {
    method: String,
    path: String,
    schema: Value,
    is_query: bool,
    has_file: bool,
    body_bytes: usize,
    values: usize,
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, described) in methods.as_object().unwrap() {
            let method = method.to_ascii_uppercase();
            let content = &described["requestBody"]["content"];
            let is_query = content.is_null();
            let json_schema = &content["application/json"]["schema"];
            let mut schema = if is_query {
                let asked = described["parameters"].as_array().unwrap().iter().filter(|p| p["in"] == "query");
                let asked: Vec<&Value> = asked.collect();
                let named = |p: &&Value| (p["name"].as_str().unwrap().to_owned(), p["schema"].clone());
                let required: Vec<&Value> = asked.iter().filter(|p| p["required"] == true).map(|p| &p["name"]).collect();
                let properties: Map<_, _> = asked.iter().map(named).collect();
                json!({ "type": "object", "properties": properties, "required": required })
            } else if json_schema.is_object() {
                json_schema.clone()
            } else {
                content["multipart/form-data"]["schema"].clone()
            };
            let has_file = !is_query && !json_schema.is_object();
            if has_file {
                schema["properties"].as_object_mut().unwrap().remove("file");
            }
            let body_bytes = described["requestBody"]["x-max-bytes"].as_u64().unwrap_or(8_000) as usize;
            let values = described["requestBody"]["x-max-values"].as_u64().unwrap_or(0) as usize;
            all.push(Operation { method, path: path.clone(), schema, is_query, has_file, body_bytes, values });
        }
    }
    all
}

impl Operation {
    fn send(&self, works: &mut Works, body: &Value) -> Option<Answer> {
        let path = works.path(&self.method, &self.path);
        let admin = works.admin();
        let answer = if self.is_query {
            let query = query(body);
            if query.len() > QUERY_BYTES_MAX {
                return None;
            }
            admin.send(&self.method, &format!("{path}?{query}"), &[], b"")
        } else if self.has_file {
            let file = if self.path.contains("import") { &b"DeviceSN,CPUID\r\n18470001,A1\r\n"[..] } else { &works.picture[..] };
            admin.send(&self.method, &path, &[("content-type", "multipart/form-data; boundary=f")], &form(body, file))
        } else {
            admin.send(&self.method, &path, &[("content-type", "application/json")], body.to_string().as_bytes())
        };
        works.put_right(&self.path);
        Some(answer)
    }
}

/// Within their own limits, but other rules apply too.
const FITS_SOMETHING: [(&str, &str); 7] = [
    // Four corners make a shape.
    ("/api/invoices/{id}/papers", "papers"),
    ("/api/settings", "device_sn_format"),
    ("/api/faults/{id}/review", "fields"),
    ("/api/invoices/{id}", "fields"),
    ("/api/faults/{id}/review", "absent"),
    ("/api/invoices/{id}", "absent"),
    ("/api/labels/{id}", "rotate"),
];

#[test]
fn every_field_at_its_limit_and_one_past_it() {
    let mut works = Works::open();
    let document = Document(works.admin().get("/openapi.json").body);
    let (mut asked, mut statuses) = (0, BTreeMap::<u16, usize>::new());
    let mut wrong = Vec::new();
    for operation in operations(&document.0) {
        // End the session, or need a box of their own.
        if ["/logout", "/api/restore"].contains(&operation.path.as_str()) {
            continue;
        }
        let mut base = document.ordinary(&operation.schema, "", &works.known, 0);
        for (name, value) in works.beside(&operation.path).as_object().unwrap() {
            if operation.schema["properties"].get(name).is_some() {
                base[name] = value.clone();
            }
        }
        let mut places = Vec::new();
        document.places(&operation.schema, &mut Vec::new(), &mut places);
        let most = document.most(&operation.schema, "", &works.known, 0);
        let mut tried = vec![(String::new(), most, Fate::Any), (String::new(), base.clone(), Fate::Any)];
        for (way, schema) in &places {
            let Some(name) = way.iter().rev().find_map(|step| if let Step::Field(name) = step { Some(name.clone()) } else { None })
            else {
                continue;
            };
            for (value, fate) in document.cases(schema, &name, &works.known, operation.body_bytes) {
                let body = document.with(Some(&base), &operation.schema, "", way, &value, &works.known);
                let fits = FITS_SOMETHING.contains(&(&operation.path, &name));
                tried.push((name.clone(), body, if fits && fate == Fate::Taken { Fate::Any } else { fate }));
            }
        }
        for (name, mut body, fate) in tried {
            if operation.path == "/search" && name.ends_with("Time") {
                body["condition"] = json!("Time");
            }
            // Not allowed beside a list.
            if body.get("devices").is_some_and(Value::is_array) {
                for beside in ["CPUID", "DeviceSN", "DeviceSNList"] {
                    body.as_object_mut().unwrap().remove(beside);
                }
            }
            // So many at once of small ones alone.
            if operation.path == "/api/labels/pictures" && body["devices"].as_array().is_some_and(|all| all.len() > 1) {
                (body["width_mm"], body["height_mm"]) = (json!(60), json!(40));
            }
            // Would create a backup folder.
            if let Some(dir) = body["backup_dir"].as_str().filter(|dir| dir.starts_with('/') || dir.starts_with('a')) {
                body["backup_dir"] = json!(format!("/proc/{dir}"));
            }
            let Some(answer) = operation.send(&mut works, &body) else { continue };
            asked += 1;
            *statuses.entry(answer.status).or_default() += 1;
            let shown: String = body.to_string().chars().take(300).collect();
            let what = format!("{} {} {name} {fate:?} {shown}", operation.method, operation.path);
            if let Some(why) = amiss(&answer).or_else(|| not_now(&what, &answer)) {
                wrong.push(format!("{what} -> {why}"));
                continue;
            }
            let err = answer.body["err"].as_str().unwrap_or_default();
            let is_refused = matches!(answer.status, 400 | 413);
            let as_it_should = match fate {
                Fate::Any => true,
                Fate::Taken => !(is_refused && err.contains(&name)),
                Fate::Refused => (400..500).contains(&answer.status),
            };
            if !as_it_should {
                wrong.push(format!("{what} -> {} {err}", answer.status));
            }
        }
        assert_eq!(works.admin().get("/healthz").status, 200, "after {} {}", operation.method, operation.path);
    }
    println!("{asked} requests: {statuses:?}");
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 2_000, "{asked} requests");
    let admin = works.admin();
    admin.post("/api/queue/resume", &json!({}));
    eventually("the queue is empty", || (admin.get("/api/queue").body["recognize_size"] == 0).then_some(()));
    works.office.stays_sound();
}

#[test]
fn every_body_at_its_limit_and_one_past_it() {
    let mut works = Works::open();
    let document = works.admin().get("/openapi.json").body;
    for operation in operations(&document) {
        if operation.is_query || operation.has_file || operation.path == "/logout" {
            continue;
        }
        let is_small = operation.body_bytes < 1 << 20;
        // One large route stands for all.
        if !is_small && operation.path != "/registerDevice" {
            continue;
        }
        let mut send = |body: Vec<u8>| {
            let path = works.path(&operation.method, &operation.path);
            let answer = works.admin().send(&operation.method, &path, &[("content-type", "application/json")], &body);
            works.put_right(&operation.path);
            let what = format!("{} {} {} bytes", operation.method, operation.path, body.len());
            is_in_words(&what, &answer);
            (answer.status, what)
        };
        for (more, is_too_much) in [(0, false), (1, true)] {
            let mut body = b"{\"nothing\":0}".to_vec();
            body.resize(operation.body_bytes + more, b' ');
            let (status, what) = send(body);
            assert_eq!(status == 413, is_too_much, "{what}: {status}");
            // With brace, colon, bracket and commas.
            let zeros = vec!["0"; operation.values - 2 + more].join(",");
            let (status, what) = send(format!("{{\"nothing\":[{zeros}]}}").into_bytes());
            assert_eq!(status == 413, is_too_much, "{what} with values: {status}");
        }
    }
    works.office.stays_sound();
}

#[test]
fn every_address_at_its_ends() {
    let works = Works::open();
    let admin = works.admin();
    let document = admin.get("/openapi.json").body;
    let long = "9".repeat(4_000);
    let texts = [
        "0",
        "-1",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "1e9",
        "%31",
        "%00",
        "%FF%FE",
        "%E6%B1%89",
        "%F0%9F%98%80",
        "%2e%2e%2f%2e%2e",
        ".png",
        "1.png",
        "18446744073709551615.png",
        "%",
        "%zz",
        &long,
    ];
    for operation in operations(&document).iter().filter(|o| o.path.contains('{')) {
        let base = Document(document.clone()).ordinary(&operation.schema, "", &works.known, 0);
        for text in texts {
            let name = operation.path.split('{').nth(1).unwrap().split('}').next().unwrap();
            let path = operation.path.replace(&format!("{{{name}}}"), text);
            // HTTP clients refuse to send such addresses.
            let Ok(answer) = admin.try_send(&operation.method, &path, &[], if operation.is_query { b"" } else { b"{}" }) else {
                continue;
            };
            let what = format!("{} {path}", operation.method);
            is_in_words(&what, &answer);
            if operation.is_query || operation.has_file {
                continue;
            }
            let sent = admin.send(&operation.method, &path, &[("content-type", "application/json")], base.to_string().as_bytes());
            is_in_words(&what, &sent);
        }
    }
    assert_eq!(admin.get("/healthz").status, 200);
    works.office.stays_sound();
}
