const root = document.getElementById("root");
const endpoint = new URL(root.dataset.endpoint, location.href).href;
const subscriptions = new URL(root.dataset.subscriptions, location.href);
subscriptions.protocol = subscriptions.protocol === "https:" ? "wss:" : "ws:";

window.addEventListener("load", () => GraphQLPlayground.init(root, {
  endpoint,
  subscriptionEndpoint: subscriptions.href,
  settings: {
    "request.credentials": "same-origin",
    "schema.polling.enable": false,
    "tracing.hideTracingResponse": true,
  },
  tabs: [{
    endpoint,
    name: "Sori",
    query: "# Put a token into HTTP HEADERS below; `sori token --role admin` prints one.\n{\n  me {\n    __typename\n  }\n}\n",
    headers: { Authorization: "Bearer " },
  }],
}));
