// Part of the service worker. A push says only that something changed: the app asks what, when it is opened.
self.addEventListener("push", (event) => {
  const shown = { body: "工单有变化 · Your orders have changed", tag: "news", renotify: true, icon: "icon.svg" };
  event.waitUntil(self.registration.showNotification("Roadcall", shown));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const open = self.clients.matchAll({ type: "window", includeUncontrolled: true });
  event.waitUntil(open.then(([app]) => (app ? app.focus() : self.clients.openWindow("/phone/"))));
});
