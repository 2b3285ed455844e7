SwaggerUIBundle({
  url: document.getElementById("explorer").dataset.spec,
  dom_id: "#explorer",
  deepLinking: true,
  tryItOutEnabled: true,
  validatorUrl: null, // the default sends the description to a public server
});
