//! A strict reading of JSON Schema: what a schema does not name is wrong, and so is a keyword this reading does not
//! know, so that a schema can't say more than is checked.

use serde_json::Value;

/// What is wrong with a document, a line each; empty for nothing.
pub(crate) fn faults(schema: &Value, document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    Reading { root: schema, faults: &mut faults }.check(schema, document, "$");
    faults
}

struct Reading<'a> {
    root: &'a Value,
    faults: &'a mut Vec<String>,
}

impl Reading<'_> {
    fn check(&mut self, schema: &Value, value: &Value, path: &str) {
        let Some(keywords) = schema.as_object() else {
            return if schema != &Value::Bool(true) {
                self.fault(path, "nothing is allowed here")
            };
        };
        for (keyword, wants) in keywords {
            match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" | "format" | "contentEncoding" | "default" => {}
                "$ref" => {
                    let target = wants.as_str().unwrap().strip_prefix('#').unwrap();
                    let target = self.root.pointer(target).unwrap().clone();
                    self.check(&target, value, path);
                }
                "type" => {
                    let types = wants.as_array().cloned().unwrap_or_else(|| vec![wants.clone()]);
                    if !types.iter().any(|name| is(name.as_str().unwrap(), value)) {
                        self.fault(path, &format!("{value} is not {wants}"));
                    }
                }
                "enum" if !wants.as_array().unwrap().contains(value) => {
                    self.fault(path, &format!("{value} is none of {wants}"));
                }
                "const" if wants != value => self.fault(path, &format!("{value} is not {wants}")),
                "minimum" if value.as_f64().is_some_and(|number| number < wants.as_f64().unwrap()) => {
                    self.fault(path, &format!("{value} is below {wants}"));
                }
                "maximum" if value.as_f64().is_some_and(|number| number > wants.as_f64().unwrap()) => {
                    self.fault(path, &format!("{value} is above {wants}"));
                }
                "pattern" if value.as_str().is_some_and(|text| !fits(wants.as_str().unwrap(), text)) => {
                    self.fault(path, &format!("{value} does not fit {wants}"));
                }
                "enum" | "const" | "minimum" | "maximum" | "pattern" => {}
                "required" if value.is_object() => {
                    for name in wants.as_array().unwrap() {
                        if value.get(name.as_str().unwrap()).is_none() {
                            self.fault(path, &format!("{name} is missing"));
                        }
                    }
                }
                "properties" if value.is_object() => {
                    for (name, value) in value.as_object().unwrap() {
                        match wants.get(name) {
                            Some(schema) => self.check(schema, value, &format!("{path}.{name}")),
                            None => self.fault(path, &format!("{name} is not in the schema")),
                        }
                    }
                }
                "items" if value.is_array() => {
                    for (at, item) in value.as_array().unwrap().iter().enumerate() {
                        self.check(wants, item, &format!("{path}[{at}]"));
                    }
                }
                "required" | "properties" | "items" => {}
                "additionalProperties" => assert_eq!(wants, &Value::Bool(false), "{path}"),
                "anyOf" | "oneOf" => {
                    let fitting = |schema: &&Value| {
                        let mut faults = Vec::new();
                        Reading { root: self.root, faults: &mut faults }.check(schema, value, path);
                        faults.is_empty()
                    };
                    let fitting = wants.as_array().unwrap().iter().filter(fitting).count();
                    if fitting == 0 || keyword == "oneOf" && fitting > 1 {
                        self.fault(path, &format!("{value} fits {fitting} of {keyword}"));
                    }
                }
                other => panic!("{path}: keyword {other} is not checked"),
            }
        }
    }

    fn fault(&mut self, path: &str, what: &str) {
        self.faults.push(format!("{path}: {}", what.chars().take(300).collect::<String>()));
    }
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("type {other} is not known"),
    }
}

/// The few patterns there are.
fn fits(pattern: &str, text: &str) -> bool {
    let all = |fits: fn(&u8) -> bool| text.as_bytes().iter().all(fits);
    match pattern {
        "^[A-Za-z0-9_-]{22}$" => {
            text.len() == 22 && all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-'))
        }
        "^[0-9a-f]{64}$" => text.len() == 64 && all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')),
        "^LW[0-9]{3}$" => {
            text.len() == 5 && text.starts_with("LW") && text.get(2..).unwrap().parse::<u16>().is_ok()
        }
        "^[0-9]+\\.[0-9]+\\.[0-9]+$" => {
            text.split('.').count() == 3 && text.split('.').all(|number| number.parse::<u32>().is_ok())
        }
        other => panic!("pattern {other} is not known"),
    }
}

#[test]
fn it_finds_what_is_wrong() {
    let schema = serde_json::json!({
        "type": "object",
        "properties": { "a": { "type": ["integer", "null"], "minimum": 0 }, "b": { "$ref": "#/$defs/B" } },
        "required": ["a"],
        "$defs": { "B": { "type": "array", "items": { "anyOf": [{ "const": "x" }, { "enum": ["y", "z"] }] } } },
    });
    let found = |document: &str| faults(&schema, &serde_json::from_str(document).unwrap());
    for right in [r#"{"a":1}"#, r#"{"a":null,"b":["x","z"]}"#] {
        assert_eq!(found(right), [""; 0], "{right}");
    }
    for wrong in [r#"{}"#, r#"[]"#, r#"{"a":-1}"#, r#"{"a":"1"}"#, r#"{"a":1,"c":2}"#, r#"{"a":1,"b":["w"]}"#]
    {
        assert_eq!(found(wrong).len(), 1, "{wrong}: {:?}", found(wrong));
    }
}
