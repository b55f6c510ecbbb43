# The image that a bundle's docker-compose.yml runs: docker build -t apic-gateway:0.1.0 .

FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libyaml-dev zlib1g-dev libssl-dev libnghttp2-dev \
        libcurl4-openssl-dev libhiredis-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN swift build -c release --product apic-gateway

FROM debian:bookworm-slim
# The Swift runtime is linked in; OpenSSL, nghttp2, libcurl, hiredis, zlib and the C++ runtime are Debian's: their fixes come with it.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libcurl4 libhiredis0.14 libssl3 libnghttp2-14 zlib1g libstdc++6 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/.build/release/apic-gateway /usr/local/bin/apic-gateway
# Volumes that keep what a gateway pulls are made with the owner of this folder.
RUN install -d -o 65534 -g 65534 /bundle
# Nobody: it only listens, connects, and reads the bundle and the secrets that are mounted for it.
USER 65534:65534
ENTRYPOINT ["apic-gateway"]
