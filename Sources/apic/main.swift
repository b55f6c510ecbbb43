print("apic")
