# prober in a container: docker build -t prober . && docker run -v ./config:/etc/prober:ro -v prober:/var/lib/prober -p 8080:8080 prober
# In the configuration the listeners stand on all addresses (public = "0.0.0.0:8080"), and state_dir is left out.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml requirements.lock README.md LICENSE ./
# The lock has the tools of developers as well; here it only says which versions are taken of what the wheel asks for.
RUN python -m venv /opt/prober && sed -E 's/ \\$//; /^ +(--hash|#)/d' requirements.lock > /tmp/versions.txt
COPY prober prober
COPY statusapi statusapi
RUN /opt/prober/bin/pip install --no-cache-dir --disable-pip-version-check -c /tmp/versions.txt .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home prober && install -d -m 0700 -o prober -g prober /var/lib/prober
COPY --from=build /opt/prober /opt/prober
ENV PATH=/opt/prober/bin:$PATH STATE_DIRECTORY=/var/lib/prober PYTHONUNBUFFERED=1
USER prober
VOLUME /var/lib/prober
EXPOSE 8080 5010
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/-/healthy', timeout=4)"]
ENTRYPOINT ["prober"]
CMD ["run", "--config", "/etc/prober/config.toml"]
