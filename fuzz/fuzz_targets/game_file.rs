#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| bellwether::fuzzing::game_file(data));
libfuzzer_sys::fuzz_mutator!(|data, size, max_size, seed| mutate::json(data, size, max_size, seed));
