declare const self: ServiceWorkerGlobalScope;
self.addEventListener("install", () => undefined);

export {};
