greeting='all doors watched'
