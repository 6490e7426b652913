// Uploads one file with tus-js-client as any program would; tells what happened, one JSON object a line.
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"

const asked = JSON.parse(process.argv[2])
const tus = createRequire(asked.package)("tus-js-client")
const tell = (what, more) => console.log(JSON.stringify({ what, ...more }))

const upload = new tus.Upload(readFileSync(asked.file), {
  endpoint: asked.endpoint,
  chunkSize: asked.chunk ?? Infinity,
  retryDelays: Array(asked.retries).fill(100),
  uploadDataDuringCreation: asked.early ?? false,
  overridePatchMethod: asked.override ?? false,
  storeFingerprintForResuming: false,
  headers: { Authorization: `Bearer ${asked.token}` },
  metadata: { id: asked.id, sha256: asked.sha256, filename: "plate.jpg", filetype: "image/jpeg" },
  onAfterResponse: (request, response) =>
    tell("answered", {
      method: request.getMethod(),
      status: response.getStatus(),
      offset: response.getHeader("Upload-Offset"),
    }),
  onError: (error) => {
    tell("failed", { message: String(error.message).slice(0, 300) })
    process.exit(1)
  },
  onSuccess: () => {
    tell("done", { url: upload.url })
    process.exit(0)
  },
})
upload.start()
