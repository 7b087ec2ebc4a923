//! A report for people to read: headings, sentences, tables.

use crate::numbers::Given;
use crate::words::unavailable;

/// A part of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    title: &'static str,
    body: String,
}

impl Section {
    pub(crate) fn new(title: &'static str) -> Self {
        Self { title, body: String::new() }
    }

    /// What was measured, or why it was not.
    pub(crate) fn of<T>(title: &'static str, given: &Given<T>, show: impl FnOnce(&T, Self) -> Self) -> Self {
        let section = Self::new(title);
        match given {
            Given::Known(value) => show(value, section),
            Given::Missing { unavailable: why } => section.paragraph(&unavailable(why)),
        }
    }

    /// A few sentences.
    pub(crate) fn paragraph(mut self, text: &str) -> Self {
        self.body.push_str(&format!("{text}\n\n"));
        self
    }

    /// A heading within the part.
    pub(crate) fn heading(mut self, text: &str) -> Self {
        self.body.push_str(&format!("### {text}\n\n"));
        self
    }

    /// A list of sentences.
    pub(crate) fn list(mut self, items: impl IntoIterator<Item = String>) -> Self {
        for item in items {
            self.body.push_str(&format!("- {item}\n"));
        }
        self.body.push('\n');
        self
    }

    /// A table, or a sentence when it has no rows. Numbers are set to the right.
    pub(crate) fn table<const N: usize>(
        mut self,
        columns: [&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
        otherwise: &str,
    ) -> Self {
        let rows: Vec<_> = rows.into_iter().collect();
        if rows.is_empty() {
            return self.paragraph(otherwise);
        }
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        self.body.push_str(&line(&columns.map(str::to_owned)));
        let is_number = |column: usize| rows.iter().all(|row| row[column].starts_with(begins_a_number));
        let rule = |column| if is_number(column) { "---:|" } else { "---|" };
        self.body.push_str(&format!("|{}\n", (0..N).map(rule).collect::<String>()));
        for row in rows {
            self.body.push_str(&line(&row.map(|cell| cell_text(&cell))));
        }
        self.body.push('\n');
        self
    }
}

/// A document of these parts.
pub(crate) fn document(title: &str, head: &str, sections: &[Section]) -> String {
    let mut text = format!("# {title}\n\n{head}");
    for section in sections {
        text.push_str(&format!("\n## {}\n\n{}\n", section.title, section.body.trim_end()));
    }
    text
}

fn begins_a_number(character: char) -> bool {
    character.is_ascii_digit() || "+-―".contains(character)
}

/// Text that comes from elsewhere ends no cell and begins no markup.
fn cell_text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '|' | '<' | '>' | '[' | ']' | '*' | '`' | '\\' => safe.extend(['\\', character]),
            character if character.is_control() => safe.push(' '),
            character => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_cell_stays_in_it() {
        let row = ["a|b\n<img src=x>".to_owned(), "`1`".to_owned()];
        let section = Section::new("題").table(["名", "値"], [row], "なし");
        assert_eq!(section.body, "| 名 | 値 |\n|---|---|\n| a\\|b \\<img src=x\\> | \\`1\\` |\n\n");
    }

    #[test]
    fn a_table_without_rows_is_a_sentence_and_a_missing_number_a_reason() {
        let none: [[String; 2]; 0] = [];
        assert_eq!(Section::new("題").table(["名", "値"], none, "ありません。").body, "ありません。\n\n");
        let missing = Section::of("題", &Given::<()>::missing("理由"), |(), section| section);
        assert_eq!(missing.body, "取得できません：理由\n\n");
    }
}
