# One image for every service; the command says which. The sources run as they are (Node strips the types).
FROM node:24-slim AS web
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages packages
COPY services services
RUN npm ci --ignore-scripts --no-audit --no-fund && node services/console/web/build.mjs

FROM node:24-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0
COPY package.json package-lock.json ./
COPY packages packages
COPY services services
# No install scripts: the image brings Node, and lmdb comes prebuilt.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && mkdir data && chown node data
COPY --from=web /app/services/console/web/dist services/console/web/dist
# By number (node): Kubernetes takes no name as "not root".
USER 1000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 8080}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "services/local/src/main.ts"]
