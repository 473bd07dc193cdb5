import "/web/studio.js";
