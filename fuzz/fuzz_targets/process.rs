#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| bellwether::fuzzing::process(data));
libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::lines(data, size, max_size, seed)
});
