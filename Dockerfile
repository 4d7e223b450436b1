# The migrations of this repository as an image; docs/containers.md says how to run it.
ARG PYTHON=3.13
FROM python:${PYTHON}-slim AS build
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY promptlib promptlib/
RUN pip wheel --quiet --wheel-dir wheels .

FROM python:${PYTHON}-slim
WORKDIR /migrations
COPY --from=build /build/wheels wheels/
RUN pip install --quiet --no-cache-dir --no-index --find-links wheels promptlib && rm -r wheels
COPY alembic.ini ./
COPY alembic alembic/
COPY sql sql/
# Nobody: it writes nothing but to the database.
USER 65532:65532
# The process itself, without a shell: so SIGTERM reaches it, and it undoes what it was doing.
ENTRYPOINT ["promptlib"]
CMD ["migrate"]
