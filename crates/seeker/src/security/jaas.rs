//! `sasl.jaas.config`: `LoginModule required key="value" ...;`.

use super::Secret;

/// The login module's options, values hidden.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Jaas {
    options: Vec<(String, Secret)>,
}

impl Jaas {
    pub(super) fn get(&self, key: &str) -> Option<&Secret> {
        self.options.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }
}

/// Parses one entry. The error never repeats any of the text, because all of it may be secret.
pub(super) fn parse(text: &str) -> Result<Jaas, String> {
    let words = words(text)?;
    let mut words = words.into_iter();
    let (Some(_module), Some(flag)) = (words.next(), words.next()) else {
        return Err("expected: LoginModule required key=\"value\" ...;".to_owned());
    };
    if !matches!(flag.to_ascii_lowercase().as_str(), "required" | "requisite" | "sufficient" | "optional") {
        return Err("the second word has to be `required`".to_owned());
    }
    let mut jaas = Jaas::default();
    for word in words {
        let (key, value) = word.split_once('=').ok_or("an option without `=`")?;
        jaas.options.push((key.to_owned(), Secret::new(value)));
    }
    Ok(jaas)
}

/// Splits at white space outside quotes; quotes (single or double) and backslash escapes are resolved. Ends at `;`.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut open = false;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(_), '\\') => word.extend(chars.next()),
            (Some(q), c) if c == q => quote = None,
            (None, '"' | '\'') => (quote, open) = (Some(c), true),
            (None, ';') => {
                if open {
                    words.push(word);
                }
                return Ok(words);
            }
            (None, c) if c.is_whitespace() => {
                if open {
                    words.push(std::mem::take(&mut word));
                    open = false;
                }
            }
            (_, c) => {
                word.push(c);
                open = true;
            }
        }
    }
    Err(if quote.is_some() { "a quote that never ends" } else { "no `;` at the end" }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_spaces_and_escapes() {
        let text = r#"org.apache.kafka.common.security.plain.PlainLoginModule required
            username="al ice" password='p;"w\'d' ;"#;
        let jaas = parse(text).unwrap();
        assert_eq!(jaas.get("username"), Some(&Secret::new("al ice")));
        assert_eq!(jaas.get("password"), Some(&Secret::new("p;\"w'd")));
        assert_eq!(jaas.get("token"), None);
    }

    #[test]
    fn errors_repeat_nothing() {
        for wrong in [
            "",
            "Module",
            "Module required password=\"hunter2",
            "Module required hunter2;",
            "Module hunter2 x=y;",
        ] {
            let error = parse(wrong).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
