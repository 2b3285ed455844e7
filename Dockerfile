# A small image without a shell, run by nobody.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /sori . && mkdir /data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /sori /sori
USER 65532:65532
COPY --from=build --chown=65532:65532 /data /data
ENV SORI_DATA_DIR=/data
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/sori"]
CMD ["serve"]
