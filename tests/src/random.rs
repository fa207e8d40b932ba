//! Random numbers out of a seed that can be printed and given again.

/// A small generator (SplitMix64): the same seed gives the same numbers.
pub struct Random(u64);

impl Random {
    /// The seed in the environment's `UPPTID_SEED`, or one that differs from run to run. It is
    /// printed, so that a failure can be repeated.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks for a seed")]
    pub fn seeded() -> Self {
        let given = std::env::var("UPPTID_SEED").ok();
        let seed = given.map_or_else(
            || u64::from(std::process::id()) ^ super::now().ms().unsigned_abs(),
            |text| text.parse().expect("UPPTID_SEED is a number"),
        );
        println!("UPPTID_SEED={seed}");
        Random(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.draw() % bound
    }

    /// One of these.
    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// A generator of its own.
    pub fn branch(&mut self) -> Random {
        Random(self.draw())
    }
}
