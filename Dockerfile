# The operator's image: one program, the libraries it needs, the certificate authorities, the time zones, nothing else.
#
#     docker build -t sluice .
#
# Without a container engine: make image.

FROM debian:bookworm-slim AS packages
WORKDIR /src
COPY packages/build.txt packages/
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates $(cat packages/build.txt) \
 && rm -rf /var/lib/apt/lists/*

FROM packages AS build
COPY meson.build meson_options.txt ./
COPY controller controller
RUN meson setup --buildtype=release --strip --prefix=/ --bindir=/ -Dtests=false /build \
 && DESTDIR=/rootfs meson install -C /build \
 && ldd /rootfs/sluice | grep -o '/[^ ]*' | xargs cp --parents --dereference --target-directory=/rootfs \
 && mkdir -p /rootfs/etc/ssl/certs \
 && cp /etc/ssl/certs/ca-certificates.crt /rootfs/etc/ssl/certs/ \
 && mkdir -p /rootfs/usr/share && cp -a /usr/share/zoneinfo /rootfs/usr/share/ \
 && rm -r /rootfs/usr/share/zoneinfo/posix /rootfs/usr/share/zoneinfo/right \
 && echo 'sluice:x:65532:65532::/:/sbin/nologin' >/rootfs/etc/passwd

FROM scratch
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Sluice" \
      org.opencontainers.image.description="Moves releases through channels, pinned by digest" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /rootfs /
USER 65532:65532
ENTRYPOINT ["/sluice"]
