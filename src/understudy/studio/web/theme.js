// Before anything is drawn: light or dark, as was chosen last, else as the system has it.
const chosen = localStorage.getItem("understudy-theme");
if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
