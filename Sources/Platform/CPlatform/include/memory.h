#pragma once
// Large pages for programs that fill a hundred megabytes in half a second: a tenth of that goes into getting them in
// pages of 4 KiB. It is advice to glibc and to the kernel; where neither knows what is meant, nothing happens.

/// Lets memory that is freed be used again instead of given back, and the heap of this thread, the first one, be made
/// of large pages. For programs that end soon: nothing is given back until then.
void apic_prefer_large_pages(void);
/// The same for the heap of another thread; again, and without the former, it costs next to nothing.
void apic_prefer_large_pages_here(void);
