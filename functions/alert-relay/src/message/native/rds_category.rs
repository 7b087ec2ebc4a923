//! The category of each event of RDS, which its own subscriptions leave out.
//!
//! Source: "Amazon RDS event categories and event messages" in the manuals of RDS and Aurora, without what is of Oracle,
//! SQL Server or RDS Custom alone.

/// The category of `RDS-EVENT-0049`; `None` when the manual has no such event, or had none yet.
pub(super) fn category(id: &str) -> Option<&'static str> {
    let category = match id.strip_prefix("RDS-EVENT-")?.parse::<u16>().ok()? {
        4 | 6 | 22 | 221 | 222 | 330 | 331 | 396 | 419 => "availability",
        1 | 2 | 74 | 75 | 86 | 168 | 169 => "backup",
        11
        | 12
        | 14
        | 16..=18
        | 24
        | 25
        | 28..=30
        | 32
        | 33
        | 37
        | 38
        | 67
        | 78
        | 92
        | 179
        | 180
        | 204
        | 207
        | 213..=215
        | 217
        | 218
        | 295
        | 296
        | 332..=335 => "configuration change",
        5 | 40 | 42 | 90 | 91 | 170 | 203 | 206 | 244 => "creation",
        3 | 41 | 171 | 205 | 208 | 246 => "deletion",
        13 | 15 | 34 | 49..=51 | 65 | 69..=73 => "failover",
        31
        | 35
        | 36
        | 39
        | 79..=83
        | 143
        | 188
        | 219
        | 220
        | 223
        | 224
        | 237
        | 243
        | 245
        | 249
        | 252
        | 254
        | 275
        | 278
        | 306
        | 310
        | 315
        | 353..=356
        | 387
        | 418
        | 420
        | 484
        | 489 => "failure",
        7 | 89 | 227 => "low storage",
        26
        | 27
        | 47
        | 155
        | 156
        | 173
        | 174
        | 176..=178
        | 264..=270
        | 286..=290
        | 363
        | 388
        | 389
        | 398
        | 399
        | 410
        | 412..=414
        | 417
        | 422
        | 424
        | 425
        | 429
        | 501
        | 502 => "maintenance",
        44
        | 48
        | 59..=61
        | 76
        | 77
        | 85
        | 87
        | 88
        | 141
        | 142
        | 144..=154
        | 158..=164
        | 172
        | 189
        | 190
        | 196
        | 197
        | 225
        | 231
        | 234..=236
        | 247
        | 248
        | 250
        | 251
        | 259
        | 297
        | 298
        | 307
        | 308
        | 327
        | 365
        | 370..=374
        | 385
        | 386
        | 390
        | 391
        | 403..=406
        | 409
        | 426
        | 486..=488
        | 491..=493
        | 512
        | 513 => "notification",
        45 | 46 | 57 | 62 | 63 | 202 | 233 | 357..=360 | 411 | 415 | 416 => "read replica",
        20 | 21 | 23 | 52 | 53 | 361 | 362 => "recovery",
        19 | 43 => "restoration",
        230 => "security patching",
        _ => return None,
    };
    Some(category)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_its_category() {
        assert_eq!(category("RDS-EVENT-0049"), Some("failover"));
        assert_eq!(category("RDS-EVENT-0089"), Some("low storage"));
        assert_eq!(category("RDS-EVENT-9999"), None);
        assert_eq!(category("RDS-EVENT-"), None);
    }
}
