# The ratchet command in an image:  docker build -t ratchet:0.1.0 --build-arg COMMIT=$(git rev-parse --short=12 HEAD) .
FROM debian:12.12-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends openjdk-17-jdk-headless maven \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /ratchet
COPY . .
ARG COMMIT=unknown
RUN mvn -q -B -pl cli -am package -Dmaven.test.skip=true -Dspotless.check.skip=true -Dratchet.commit=$COMMIT

FROM debian:12.12-slim
# curl is for the health check, libstdc++6 for the state store.
RUN apt-get update \
 && apt-get install -y --no-install-recommends openjdk-17-jre-headless curl libstdc++6 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --create-home ratchet \
 && install -d -o ratchet -g ratchet /data
COPY --from=build /ratchet/cli/target/ratchet /opt/ratchet
USER ratchet
WORKDIR /data
VOLUME /data
ENTRYPOINT ["/opt/ratchet/bin/ratchet"]
CMD ["--help"]
