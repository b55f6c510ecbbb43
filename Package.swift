// swift-tools-version:6.2

import PackageDescription

/// Every target: Swift 6 mode, explicit existentials and imports, no warning survives.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// Targets that touch bytes: each unsafe operation is marked `unsafe` and has its reason beside it.
/// `Lifetimes` is needed for views over borrowed spans.
let strictMemory: [SwiftSetting] =
    strict + [
        .strictMemorySafety(),
        .enableExperimentalFeature("Lifetimes"),
    ]

let package = Package(
    name: "apic",
    products: [
        .executable(name: "apic", targets: ["apic"]),
        .executable(name: "apic-gateway", targets: ["apic-gateway"]),
    ],
    dependencies: [
        // The command line of `apic`: parsing, help and shell completions.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // Logic-free templates for the deployable files, which users may override.
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        // Ed25519 signatures and certificates of nodes, in `apic`; the gateway has OpenSSL for both.
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    ],
    targets: [
        // C libraries, from Debian.
        .systemLibrary(
            name: "CYaml",
            path: "Sources/System/CYaml",
            pkgConfig: "yaml-0.1",
            providers: [.apt(["libyaml-dev"])]
        ),
        .systemLibrary(
            name: "CZlib",
            path: "Sources/System/CZlib",
            pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"])]
        ),
        .systemLibrary(
            name: "CCrypto",
            path: "Sources/System/CCrypto",
            pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"])]
        ),
        // HTTP/2: frames, header compression and flow control, without I/O of its own.
        .systemLibrary(
            name: "CNGHTTP2",
            path: "Sources/System/CNGHTTP2",
            pkgConfig: "libnghttp2",
            providers: [.apt(["libnghttp2-dev"])]
        ),

        // What Swift cannot import from Glibc (variadic calls, epoll data, SSE2, atomics), in plain types.
        .target(name: "CPlatform", path: "Sources/Platform/CPlatform"),
        // TLS by OpenSSL's libssl, behind a header of plain types: what the data plane needs of it, and no macro of its own.
        .target(
            name: "CTLS",
            path: "Sources/Platform/CTLS",
            linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]
        ),
        // Fetching by libcurl, which is opened when it is first asked for: a gateway that fetches nothing never loads it.
        .target(name: "CCurl", path: "Sources/Platform/CCurl"),
        // Counts in a Redis server by hiredis, which is opened when it is first asked for.
        .target(name: "CRedis", path: "Sources/Platform/CRedis"),
        // Signatures of tokens by libcrypto, in plain types: keys that check them, and nothing that makes one.
        .target(name: "CSignatures", path: "Sources/Platform/CSignatures", linkerSettings: [.linkedLibrary("crypto")]),
        // Signed tokens: strict JSON, base64url, keys and signatures. No I/O and no clock.
        .target(
            name: "Tokens",
            dependencies: ["CSignatures"],
            path: "Sources/Platform/Tokens",
            swiftSettings: strictMemory
        ),
        // SHA-256, HMAC and constant-time compare by libcrypto, without Foundation.
        .target(
            name: "Digests",
            dependencies: ["CCrypto"],
            path: "Sources/Platform/Digests",
            swiftSettings: strictMemory
        ),

        // The bottom: the binary table. Layout, validation, views, lookup, opcodes.
        .target(
            name: "GatewayTable",
            dependencies: ["CZlib", "CPlatform"],
            path: "Sources/IR/Table",
            swiftSettings: strictMemory
        ),
        // The gateway as plain, fully resolved values.
        .target(name: "GatewayIR", path: "Sources/IR/Model", swiftSettings: strict),
        // Spec to diagnostics and IR. No I/O.
        .target(
            name: "GatewayCompiler",
            dependencies: ["GatewayIR", "CYaml", "Digests", "Tokens"],
            path: "Sources/Compiler",
            swiftSettings: strictMemory
        ),
        // The templates of the deployable files, compiled in.
        .target(name: "Templates", path: "templates", resources: [.embedInCode("files")], swiftSettings: strict),
        // IR to artifacts: relative path and bytes. Pure and byte-deterministic.
        .target(
            name: "GatewayEmitters",
            dependencies: [
                "GatewayIR", "GatewayTable", "Templates", "Digests",
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            path: "Sources/Emitters",
            swiftSettings: strict
        ),
        // Keys that sign bundles, and certificates of nodes. No I/O.
        .target(
            name: "Credentials",
            dependencies: [
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ],
            path: "Sources/Credentials",
            swiftSettings: strict
        ),
        // Table to traffic. No Foundation, no YAML, no compiler.
        .target(
            name: "GatewayRuntime",
            dependencies: ["GatewayTable", "CCurl", "CPlatform", "CRedis", "CTLS", "CNGHTTP2", "CZlib", "Digests", "Tokens"],
            path: "Sources/Runtime",
            swiftSettings: strictMemory
        ),

        .executableTarget(
            name: "apic",
            dependencies: [
                "GatewayIR", "GatewayTable", "GatewayCompiler", "GatewayEmitters", "Templates", "Digests",
                "CPlatform", "Credentials",
                // `apic explain` asks the gateway's own parser and lookup.
                "GatewayRuntime",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/apic",
            swiftSettings: strict
        ),
        // Static Swift runtime: half the start-up time and memory of the shared one (docs/adr/0003).
        .executableTarget(
            name: "apic-gateway",
            dependencies: ["GatewayRuntime"],
            path: "Sources/apic-gateway",
            swiftSettings: strictMemory,
            linkerSettings: [.unsafeFlags(["-static-stdlib"])]
        ),

        .target(
            name: "TestSupport",
            dependencies: ["CPlatform", "CNGHTTP2", "CZlib"],
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        .testTarget(
            name: "TableTests",
            dependencies: ["GatewayTable", "GatewayIR", "GatewayEmitters", "Digests", "TestSupport"],
            path: "Tests/TableTests",
            exclude: ["Goldens"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TokenTests",
            dependencies: ["Tokens", "GatewayIR", "TestSupport"],
            path: "Tests/TokenTests",
            swiftSettings: strict
        ),
        .testTarget(
            name: "CompilerTests",
            dependencies: ["GatewayCompiler", "GatewayIR", "TestSupport"],
            path: "Tests/CompilerTests",
            exclude: ["Cases"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "EmitterTests",
            dependencies: [
                "apic", "GatewayEmitters", "GatewayIR", "GatewayTable", "GatewayCompiler", "Templates", "TestSupport",
            ],
            path: "Tests/EmitterTests",
            exclude: ["Goldens"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "RuntimeTests",
            dependencies: [
                "GatewayRuntime", "GatewayTable", "GatewayEmitters", "GatewayIR", "Digests", "Tokens", "CPlatform", "CRedis",
                "TestSupport",
            ],
            path: "Tests/RuntimeTests",
            swiftSettings: strict
        ),
        .testTarget(
            name: "ScenarioTests",
            dependencies: ["TestSupport"],
            path: "Tests/ScenarioTests",
            exclude: ["Peers"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ToolTests",
            dependencies: ["apic", "GatewayEmitters", "TestSupport"],
            path: "Tests/ToolTests",
            exclude: ["Goldens"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TidyTests",
            dependencies: ["GatewayTable", "TestSupport"],
            path: "Tests/TidyTests",
            swiftSettings: strict
        ),
    ]
)

// Fuzz targets are built by `make fuzz` only: every module is then instrumented, and libFuzzer is linked.
if Context.environment["APIC_FUZZ"] != nil {
    let fuzzed: [LinkerSetting] = [.unsafeFlags(["-sanitize=fuzzer,address"])]
    package.targets += [
        .target(name: "FuzzDriver", path: "Fuzz/Driver"),
        .executableTarget(
            name: "fuzz-spec",
            dependencies: ["FuzzDriver", "GatewayCompiler", "GatewayEmitters", "GatewayTable"],
            path: "Fuzz/Spec",
            linkerSettings: fuzzed
        ),
        .executableTarget(
            name: "fuzz-table",
            dependencies: ["FuzzDriver", "GatewayTable"],
            path: "Fuzz/Table",
            linkerSettings: fuzzed
        ),
        .executableTarget(
            name: "fuzz-statement",
            dependencies: ["FuzzDriver", "GatewayTable"],
            path: "Fuzz/Statement",
            linkerSettings: fuzzed
        ),
        .executableTarget(
            name: "fuzz-import",
            dependencies: ["FuzzDriver", "GatewayCompiler"],
            path: "Fuzz/Import",
            linkerSettings: fuzzed
        ),
        .executableTarget(
            name: "fuzz-request",
            dependencies: ["FuzzDriver", "GatewayRuntime", "GatewayTable", "GatewayEmitters", "GatewayIR"],
            path: "Fuzz/Request",
            linkerSettings: fuzzed
        ),
        .executableTarget(
            name: "fuzz-session",
            dependencies: ["FuzzDriver", "GatewayRuntime"],
            path: "Fuzz/Session",
            linkerSettings: fuzzed
        ),
        .executableTarget(
            name: "fuzz-upstream",
            dependencies: ["FuzzDriver", "GatewayRuntime"],
            path: "Fuzz/Upstream",
            linkerSettings: fuzzed
        ),
        .executableTarget(
            name: "fuzz-token",
            dependencies: ["FuzzDriver", "Tokens"],
            path: "Fuzz/Token",
            linkerSettings: fuzzed
        ),
        .executableTarget(
            name: "fuzz-proxy",
            dependencies: ["FuzzDriver", "GatewayRuntime"],
            path: "Fuzz/Proxy",
            linkerSettings: fuzzed
        ),
        .executableTarget(
            name: "fuzz-signature",
            dependencies: ["FuzzDriver", "GatewayRuntime"],
            path: "Fuzz/Signature",
            linkerSettings: fuzzed
        ),
        .executableTarget(
            name: "fuzz-body",
            dependencies: ["FuzzDriver", "GatewayEmitters", "GatewayIR", "GatewayRuntime"],
            path: "Fuzz/Body",
            linkerSettings: fuzzed
        ),
    ]
}
